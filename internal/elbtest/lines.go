package elbtest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// Lines holds the log of a part as text.
type Lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	news chan struct{} // receives when lines were added
}

// NewLines returns an empty log and a logger that writes to it.
func NewLines() (*Lines, *slog.Logger) {
	l := &Lines{news: make(chan struct{}, 1)}
	return l, slog.New(slog.NewTextHandler(l, nil))
}

func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Await waits for a line that has the attribute and returns its value.
func (l *Lines) Await(t testing.TB, attribute string) string {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		if _, rest, found := strings.Cut(l.String(), attribute+"="); found && strings.Contains(rest, "\n") {
			value, _, _ := strings.Cut(rest, "\n")
			value, _, _ = strings.Cut(value, " ")
			return value
		}
		select {
		case <-l.news:
		case <-timeout:
			t.Fatalf("no %s in the log:\n%s", attribute, l)
		}
	}
}

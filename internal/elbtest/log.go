package elbtest

import (
	"bufio"
	"bytes"
	"strings"
	"sync"
)

// A log collects what a node prints.
type log struct {
	ready chan struct{} // closed at the line that says so

	mu    sync.Mutex
	text  bytes.Buffer // guarded by mu
	since int          // where the current line begins; guarded by mu
	seen  bool         // ready is closed; guarded by mu
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	lines := l.text.Bytes()[l.since:]
	end := bytes.LastIndexByte(lines, '\n') + 1
	scan := bufio.NewScanner(bytes.NewReader(lines[:end]))
	for scan.Scan() {
		if !l.seen && readyLine(scan.Text()) {
			l.seen = true
			close(l.ready)
		}
	}
	l.since += end
	return len(p), nil
}

// readyLine reports whether a line says that the API serves.
func readyLine(line string) bool {
	return strings.HasPrefix(line, "ready ") || strings.Contains(line, "msg=ready ") || strings.Contains(line, `"msg":"ready"`)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A mark is a place in a log. Take it before doing what the log is then watched
// for: the line may be there before the watch begins.
func (l *log) mark() int { return len(l.String()) }

// from is what has been printed since the mark.
func (l *log) from(mark int) string { return l.String()[mark:] }

func (l *log) contains(s string) bool { return strings.Contains(l.String(), s) }

package accesslog

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// Durations are in seconds, the unit of every log.
func TestAppendSeconds(t *testing.T) {
	leak.Check(t)
	for d, want := range map[time.Duration]string{
		0: "0.000000", 999: "0.000000", time.Microsecond: "0.000001", 1234567 * time.Microsecond: "1.234567",
		90 * time.Minute: "5400.000000", 100 * time.Millisecond: "0.100000", -time.Second: "0.000000",
	} {
		if got := string(appendSeconds(nil, "took", d)); got != `,"took":`+want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// A disk that stalls costs lines, not requests; dropped lines are counted.
func TestAccessLogNeverBlocks(t *testing.T) {
	leak.Check(t)
	stuck := make(chan struct{})
	w := &stuckWriter{release: stuck}
	l := New(w, slog.New(slog.DiscardHandler))
	line := []byte(strings.Repeat("x", 1<<10-1) + "\n")
	const sent = 3 * maxPending >> 10
	for range sent {
		l.Add(line)
	}
	dropped := l.dropped.Load()
	if dropped < sent/3 {
		t.Errorf("%d lines dropped of %d that had no room", dropped, sent)
	}
	close(stuck)
	l.Close()
	if got := uint64(w.written.Len() >> 10); got != sent-dropped {
		t.Errorf("%d lines written, %d dropped, %d sent", got, dropped, sent)
	}
	l.Add(line)
	if l.dropped.Load() != dropped+1 {
		t.Error("a line after the end is neither written nor counted")
	}
}

type stuckWriter struct {
	release chan struct{}
	written bytes.Buffer
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	<-w.release
	return w.written.Write(p)
}

func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\x00\x1f\x7f", "é\xff\xf0\x9f", strings.Repeat("a", maxText+1)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		line := appendText([]byte(`{"a":1`), "b", value)
		var m map[string]any
		if err := json.Unmarshal(append(line, '}'), &m); err != nil {
			t.Fatalf("%q becomes %q: %v", value, line, err)
		}
		if _, ok := m["b"].(string); !ok {
			t.Errorf("%q becomes %q", value, line)
		}
	})
}

// A writer that stalls delays Close by endPatience at most.
func TestAccessLogEndIsBounded(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		out, in := io.Pipe()
		l := New(in, slog.New(slog.DiscardHandler))
		l.Add([]byte("a line\n"))
		time.Sleep(2 * pause) // of the test's own clock
		synctest.Wait()       // the line is in the write
		began := time.Now()
		l.Close()
		if waited := time.Since(began); waited != endPatience {
			t.Errorf("close waited %s, want %s", waited, endPatience)
		}
		out.Close()
		<-l.stopped
	})
}

// Package accesslog writes a line of JSON for each exchange and never makes one wait
// for the disk.
package accesslog

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Log takes a line for each exchange and writes them in large pieces.
// It never makes an exchange wait for the disk: lines that find no room are
// dropped and counted.
type Log struct {
	to  io.Writer
	log *slog.Logger

	wake    chan struct{} // there is something to write; capacity 1
	stop    chan struct{}
	stopped chan struct{}
	dropped atomic.Uint64

	mu      sync.Mutex
	pending []byte // guarded by mu
	closed  bool   // guarded by mu
}

// maxPending is how much may wait to be written, twice: while one buffer is
// written the other fills. 4 MiB are 10,000 lines or more, 0.2s at 50,000
// requests a second.
const maxPending = 4 << 20

// pause is how long lines may wait for others to be written with them.
const pause = 50 * time.Millisecond

// New returns a log that writes to to, and to log what goes wrong. Close ends it.
func New(to io.Writer, log *slog.Logger) *Log {
	l := &Log{
		to:      to,
		log:     log,
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go l.run() // ends with close, which waits for it, or when a write that stands still ends
	return l
}

// Add takes a copy of line, or drops it.
func (l *Log) Add(line []byte) {
	l.mu.Lock()
	first := len(l.pending) == 0
	room := !l.closed && len(l.pending)+len(line) <= maxPending
	if room {
		l.pending = append(l.pending, line...)
	}
	l.mu.Unlock()
	if !room {
		l.dropped.Add(1)
		return
	}
	if first {
		select {
		case l.wake <- struct{}{}:
		default: // it has been told
		}
	}
}

// DroppedLines is how many lines found no room.
func (l *Log) DroppedLines() uint64 { return l.dropped.Load() }

// run writes what has gathered, until stop.
func (l *Log) run() {
	defer close(l.stopped)
	var spare []byte
	var reported uint64
	failing := false
	for open := true; open; {
		select {
		case <-l.wake:
			select {
			case <-time.After(pause):
			case <-l.stop:
				open = false
			}
		case <-l.stop:
			open = false
		}
		lines := l.swap(spare, !open)
		_, err := l.to.Write(lines)
		if (err != nil) != failing { // told once, not with every line
			failing = err != nil
			l.log.Error("access log", "failing", failing, "err", err)
		}
		if n := l.dropped.Load(); n != reported {
			l.log.Warn("access log lines dropped", "lines", n-reported)
			reported = n
		}
		spare = lines[:0]
	}
}

// swap takes what is pending and leaves spare in its place.
func (l *Log) swap(spare []byte, last bool) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.pending
	l.pending, l.closed = spare, last
	return lines
}

// endPatience is how long close waits for a writer that stands still, as a pipe
// does whose reader stands still.
const endPatience = time.Second

// Close writes what is pending and ends the log, or gives it up.
func (l *Log) Close() {
	close(l.stop)
	timeout := time.NewTimer(endPatience)
	defer timeout.Stop()
	select {
	case <-l.stopped:
	case <-timeout.C:
		l.log.Warn("access log lines lost at the end, as nobody took them")
	}
}

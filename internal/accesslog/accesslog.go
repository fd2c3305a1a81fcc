// Package accesslog writes a line of JSON for each exchange and never makes one
// wait for the disk.
package accesslog

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// A Log collects a line for each exchange and writes them in large pieces. It
// never makes an exchange wait for the disk: lines that find no room are dropped
// and counted.
type Log struct {
	to  io.Writer
	log *slog.Logger

	wake    chan struct{} // signals that there is something to write; capacity 1
	stop    chan struct{}
	stopped chan struct{}
	dropped atomic.Uint64

	mu      sync.Mutex
	pending []byte // guarded by mu
	closed  bool   // guarded by mu
}

// maxPending is the size of each of the two buffers: while one is written the
// other is filled. 4 MiB are 10,000 lines or more, 0.2s at 50,000 requests a
// second.
const maxPending = 4 << 20

// pause is how long lines may wait to be written together with others.
const pause = 50 * time.Millisecond

// New returns a log that writes to to, and its own errors to log. Close ends it.
func New(to io.Writer, log *slog.Logger) *Log {
	l := &Log{
		to:      to,
		log:     log,
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go l.run() // ends with Close, which waits for it, or when a stalled write ends
	return l
}

// Add copies line into the log, or drops it.
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
		default: // already signalled
		}
	}
}

// DroppedLines is the number of lines dropped for lack of room.
func (l *Log) DroppedLines() uint64 { return l.dropped.Load() }

// run writes the collected lines, until stop.
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
		if (err != nil) != failing { // logged once, not with every line
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

// swap returns the pending lines and replaces them by spare.
func (l *Log) swap(spare []byte, last bool) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.pending
	l.pending, l.closed = spare, last
	return lines
}

// endPatience is how long Close waits for a writer that stalls, such as a pipe
// whose reader stalls.
const endPatience = time.Second

// Close writes the pending lines and ends the log, or gives up after endPatience.
func (l *Log) Close() {
	close(l.stop)
	timeout := time.NewTimer(endPatience)
	defer timeout.Stop()
	select {
	case <-l.stopped:
	case <-timeout.C:
		l.log.Warn("access log lines lost at shutdown, the writer stalled")
	}
}

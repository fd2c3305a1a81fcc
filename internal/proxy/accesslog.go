package proxy

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// An accessLog takes a line for each exchange and writes them in large pieces.
// It never makes an exchange wait for the disk: lines that find no room are
// dropped and counted.
type accessLog struct {
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

// accessLogRoom is how much may wait to be written, twice: while one buffer is
// written the other fills. 4 MiB are 10,000 lines or more, 0.2s at 50,000
// requests a second.
const accessLogRoom = 4 << 20

// accessLogPause is how long lines may wait for others to be written with them.
const accessLogPause = 50 * time.Millisecond

func newAccessLog(to io.Writer, log *slog.Logger) *accessLog {
	l := &accessLog{
		to:      to,
		log:     log,
		wake:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go l.run() // ends with close, which waits for it, or when a write that stands still ends
	return l
}

// add takes a copy of line, or drops it.
func (l *accessLog) add(line []byte) {
	l.mu.Lock()
	first := len(l.pending) == 0
	room := !l.closed && len(l.pending)+len(line) <= accessLogRoom
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

// droppedLines is how many lines found no room.
func (l *accessLog) droppedLines() uint64 { return l.dropped.Load() }

// run writes what has gathered, until stop.
func (l *accessLog) run() {
	defer close(l.stopped)
	var spare []byte
	var reported uint64
	failing := false
	for open := true; open; {
		select {
		case <-l.wake:
			select {
			case <-time.After(accessLogPause):
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
func (l *accessLog) swap(spare []byte, last bool) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.pending
	l.pending, l.closed = spare, last
	return lines
}

// accessLogEnd is how long close waits for a writer that stands still, as a pipe
// does whose reader stands still.
const accessLogEnd = time.Second

// close writes what is pending and ends the log, or gives it up.
func (l *accessLog) close() {
	close(l.stop)
	timeout := time.NewTimer(accessLogEnd)
	defer timeout.Stop()
	select {
	case <-l.stopped:
	case <-timeout.C:
		l.log.Warn("access log lines lost at the end, as nobody took them")
	}
}

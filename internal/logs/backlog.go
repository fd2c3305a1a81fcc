package logs

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// A backlog passes lines on to a writer that may stall, such as a pipe whose
// reader stalls: Write never blocks. Lines that find no room are dropped and
// counted, and so are those on which the writer fails. When it works again, a
// line says how many are missing.
type backlog struct {
	to   io.Writer
	told func(dropped int) []byte // the line that says how many

	wake chan struct{} // signals that there is something to write
	done chan struct{} // closed when run has ended

	mu      sync.Mutex
	pending []byte // guarded by mu
	dropped int    // lines; guarded by mu
	closed  bool   // guarded by mu
}

const (
	// backlogBytes bounds the queue: thousands of lines of the log. As much again
	// may be in a write.
	backlogBytes = 1 << 20

	// flushTime is how long the end of a process waits for the queue to be
	// written.
	flushTime = time.Second
)

// newBacklog returns a backlog that passes lines on until close.
func newBacklog(to io.Writer, told func(dropped int) []byte) *backlog {
	b := &backlog{to: to, told: told, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go b.run() // ends after close, which waits for it for flushTime
	return b
}

// Write takes a copy of a line, or drops it. It never fails.
func (b *backlog) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.pending)+len(line) > backlogBytes {
		b.dropped++
		return len(line), nil
	}
	b.pending = append(b.pending, line...)
	b.signal()
	return len(line), nil
}

// signal is called with mu held.
func (b *backlog) signal() {
	select {
	case b.wake <- struct{}{}:
	default: // already signalled
	}
}

func (b *backlog) run() {
	defer close(b.done)
	var spare []byte
	for range b.wake {
		lines, last := b.take(spare)
		if len(lines) > 0 {
			_, err := b.to.Write(lines)
			b.tell(bytes.Count(lines, []byte("\n")), err)
		}
		if last {
			return
		}
		spare = lines[:0]
	}
}

// take returns the queue and replaces it by spare.
func (b *backlog) take(spare []byte) (lines []byte, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines, b.pending = b.pending, spare
	return lines, b.closed
}

// tell counts lines on which the writer failed, or writes how many were dropped
// before.
func (b *backlog) tell(lines int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.dropped += lines
		return
	}
	if b.dropped > 0 {
		b.pending = append(b.told(b.dropped), b.pending...)
		b.dropped = 0
		b.signal()
	}
}

// close waits until everything written is passed on, for flushTime at most.
func (b *backlog) close() {
	b.mu.Lock()
	b.closed = true
	b.signal()
	b.mu.Unlock()
	select {
	case <-b.done:
	case <-time.After(flushTime):
	}
}

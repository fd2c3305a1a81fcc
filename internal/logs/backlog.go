package logs

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// A backlog passes lines on to a writer that may stand still, as a pipe does whose
// reader stands still: Write never waits. Lines that find no room are dropped and
// counted, and so are those that the writer refuses. Once it takes lines again, one
// of them says how many are missing.
type backlog struct {
	to   io.Writer
	told func(dropped int) []byte // the line that says so

	wake chan struct{} // receives when there is something to write
	done chan struct{} // closed when run has ended

	mu      sync.Mutex
	pending []byte // guarded by mu
	dropped int    // lines; guarded by mu
	closed  bool   // guarded by mu
}

const (
	// backlogBytes bounds what waits to be written: thousands of lines of the log.
	// As much again may be on its way to the writer.
	backlogBytes = 1 << 20

	// flushTime is how long the end of a process waits for lines to be taken.
	flushTime = time.Second
)

// newBacklog returns a backlog that passes lines on until close.
func newBacklog(to io.Writer, told func(dropped int) []byte) *backlog {
	b := &backlog{to: to, told: told, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go b.run() // ends after close; who closes waits for it for flushTime
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
	default: // run knows
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

// take takes what waits and leaves spare in its place.
func (b *backlog) take(spare []byte) (lines []byte, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines, b.pending = b.pending, spare
	return lines, b.closed
}

// tell counts lines that were refused, or has the reader told of those that were
// dropped before.
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

// close waits until what was written is passed on, for flushTime at most.
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

package upstream

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// A Stream is one request and its answer on an HTTP/2 connection. Its owner is
// one goroutine that sends the head and takes the answer, and optionally one that
// sends the body; Interrupt and Close may be called from any. Streams are pooled.
type Stream struct {
	c    *h2Conn
	grip Grip

	in, out socket.Waiter // of the goroutine that waits for the answer, and of the one that waits for window
	stall   time.Duration // how long a write may wait

	// Guarded by c.mu.
	id      uint32 // 0: no frame was sent
	err     error  // why it ended before its end
	sent    bool   // we have sent END_STREAM
	ended   bool   // the backend has sent END_STREAM
	sending bool   // a goroutine waits in out
	stopped bool   // by Interrupt
	window  http2.Window
	credit  http2.Credit
	begun   socket.Instant // when the head was sent
	headed  bool           // a header block has arrived
	blocks  []byte         // consecutive header blocks, some not yet taken
	lengths [maxBlocks]uint32
	came    int  // blocks that arrived
	taken   int  // blocks that were taken
	at      int  // offset of the next one in blocks
	bodied  bool // DATA has arrived
	heads   int  // blocks that arrived before DATA
	body    http2.Body
}

var streams = sync.Pool{New: func() any {
	s := &Stream{in: socket.NewWaiter(), out: socket.NewWaiter()}
	s.grip = Grip{s}
	return s
}}

func takeStream(c *h2Conn) *Stream {
	s := streams.Get().(*Stream)
	s.c = c
	return s
}

// Grip returns the Grip by which other goroutines may end s.
func (s *Stream) Grip() *Grip { return &s.grip }

// StallAfter makes a write end with os.ErrDeadlineExceeded if the backend grants
// no window for it within d. It must be called first.
func (s *Stream) StallAfter(d time.Duration) { s.stall = d }

// Release ends the use of the stream, and resets it if it is not complete. reuse
// says that no other goroutine holds it.
func (s *Stream) Release(reuse bool) {
	c := s.c
	c.mu.Lock()
	c.reset(s, http2.Cancel, net.ErrClosed)
	c.drained(nil, s.body.Len())
	s.body.Release()
	c.streams.unwake(s)
	c.mu.Unlock()
	c.giveBack()
	if reuse {
		if cap(s.blocks) > maxKeptBytes {
			s.blocks = nil
		}
		*s = Stream{grip: s.grip, in: s.in, out: s.out, body: s.body, blocks: s.blocks[:0]}
		streams.Put(s)
	}
}

// Close resets the stream; its owner gets net.ErrClosed.
func (s *Stream) Close() error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.reset(s, http2.Cancel, net.ErrClosed)
	return nil
}

// Interrupt ends the wait of the goroutine that takes the answer, with
// socket.ErrInterrupted.
func (s *Stream) Interrupt() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.stopped = true
	s.in.Signal()
}

// Doubt is called when the answer did not arrive in time. A connection on which
// nothing was received since the request was sent may be dead: no more streams
// are opened there.
func (s *Stream) Doubt() {
	s.c.mu.Lock()
	silent := s.c.heard < s.begun
	s.c.mu.Unlock()
	if silent {
		s.c.leave()
	}
}

// Lost reports whether the stream ended because its connection did, before any
// part of the answer had arrived, and the connection had carried another request:
// the backend may have closed it just then.
func (s *Stream) Lost() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	var refused *http2.Error
	return s.id > 1 && !s.headed && s.err != nil && s.err == s.c.err && !errors.As(s.err, &refused)
}

// end removes the stream from its connection. Called with c.mu locked.
func (s *Stream) end(err error) {
	if s.err == nil {
		s.err = err
	}
	s.c.streams.drop(s)
	s.in.Signal()
	s.out.Signal()
}

// remoteEnd handles the end of the answer. Called with c.mu locked.
func (s *Stream) remoteEnd() {
	s.ended = true
	if s.sent {
		s.c.streams.drop(s)
	}
}

// Head waits for the next header block until due and appends it to dst. ended
// says that nothing follows it.
func (s *Stream) Head(dst []byte, due socket.Instant) (block []byte, ended bool, err error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for {
		switch {
		case s.taken < s.came && (!s.bodied || s.taken < s.heads):
			block = s.next(dst)
			return block, s.ended && !s.bodied && s.taken == s.came, nil
		case s.bodied || s.ended:
			return dst, false, http2.ErrMalformed
		case s.err != nil:
			return dst, false, s.err
		}
		if err := s.wait(due); err != nil {
			return dst, false, err
		}
	}
}

// next appends the next block. Called with c.mu locked.
func (s *Stream) next(dst []byte) []byte {
	n := int(s.lengths[s.taken])
	dst = append(dst, s.blocks[s.at:s.at+n]...)
	s.at += n
	if s.taken++; s.taken == s.came {
		s.forgetBlocks()
	}
	return dst
}

// forgetBlocks discards the pending blocks. Called with c.mu locked.
func (s *Stream) forgetBlocks() {
	s.blocks, s.at, s.taken, s.came, s.heads = s.blocks[:0], 0, 0, 0, 0
}

// wait waits until something arrives. Called with c.mu locked.
func (s *Stream) wait(due socket.Instant) error {
	if s.stopped {
		return socket.ErrInterrupted
	}
	if !s.in.Wait(&s.c.mu, due.Sub(socket.Now())) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Await waits until part of the body, or its end, has arrived, until due.
func (s *Stream) Await(due socket.Instant) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for s.body.Len() == 0 && !s.ended && s.taken == s.came {
		if s.err != nil {
			return s.err
		}
		if err := s.wait(due); err != nil {
			return err
		}
	}
	return nil
}

// Take moves what has arrived of the body to p, without waiting. At the end of
// the answer ended is true, and trailers are dst with the trailer block appended,
// if there is one.
func (s *Stream) Take(p, dst []byte) (n int, trailers []byte, ended bool, err error) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.bodied && s.taken < s.heads || !s.ended && s.taken < s.came || s.came-s.taken > 1 {
		return 0, dst, false, http2.ErrMalformed // a block that is neither head nor trailers
	}
	n = s.body.Take(p)
	s.c.drained(s, n)
	switch {
	case s.body.Len() > 0:
	case s.ended:
		if s.taken < s.came {
			dst = s.next(dst)
		}
		return n, dst, true, nil
	case n == 0 && s.err != nil:
		return 0, dst, false, s.err
	}
	return n, dst, false, nil
}

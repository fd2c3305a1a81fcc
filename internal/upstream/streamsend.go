package upstream

import (
	"net"
	"os"
	"slices"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// Send sends the head, given as a header block, and the first part of the body.
// ends says that this is all of the request. Without a body END_STREAM is on the
// head, unless data requires a DATA frame, as gRPC does: its server in Go waits
// forever for one (gRPC over HTTP/2, "Requests"). ErrUnprocessed means that the
// request was not sent.
func (s *Stream) Send(block, body []byte, ends, data bool) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for s.err == nil && c.err == nil && !c.goAway && c.out.full() {
		c.streams.opening = append(c.streams.opening, s) // it has no id yet
		err := s.awaitRoom()
		c.streams.opening = slices.DeleteFunc(c.streams.opening, func(o *Stream) bool { return o == s })
		if err != nil {
			return err
		}
	}
	switch {
	case s.err != nil:
		return s.err
	case c.err != nil || c.goAway:
		s.err = ErrUnprocessed
		return s.err
	}
	s.begun = socket.Now()
	c.streams.open(s)
	s.window = http2.Window(c.initial)
	s.credit = http2.Credit{Size: http2.BackendStreamWindow}
	if ends && len(body) == 0 && !data {
		c.out.appendBlock(s.id, block, http2.EndStream)
		s.localEnd()
		return nil
	}
	c.out.appendBlock(s.id, block, 0)
	return s.write(body, ends)
}

// Write sends a piece of the body. It waits for queue room and windows, and
// returns when all of p is queued.
func (s *Stream) Write(p []byte, ends bool) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.write(p, ends)
}

// Trailers sends trailers, given as a header block, which end the request.
func (s *Stream) Trailers(block []byte) error {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for s.open() == nil && c.out.full() {
		if err := s.awaitRoom(); err != nil {
			return err
		}
	}
	if err := s.open(); err != nil {
		return err
	}
	c.out.appendBlock(s.id, block, http2.EndStream)
	s.localEnd()
	return nil
}

// open returns why nothing more can be sent; nil if it can. Called with c.mu
// locked.
func (s *Stream) open() error {
	switch {
	case s.err != nil:
		return s.err
	case !s.c.streams.has(s):
		return net.ErrClosed
	}
	return nil
}

// localEnd handles the end of the request. Called with c.mu locked.
func (s *Stream) localEnd() {
	s.sent = true
	if s.ended {
		s.c.streams.drop(s)
	}
}

// write queues p in as many pieces as queue room and windows require. Called with
// c.mu locked.
func (s *Stream) write(p []byte, ends bool) error {
	for len(p) > 0 {
		n, err := s.reserve(len(p))
		if err != nil {
			return err
		}
		s.appendData(p[:n], ends && n == len(p))
		p = p[n:]
	}
	if !ends || s.sent {
		return nil
	}
	if err := s.open(); err != nil {
		return err
	}
	s.appendData(nil, true)
	return nil
}

// appendData queues a DATA frame for which there is room. Called with c.mu
// locked.
func (s *Stream) appendData(p []byte, ends bool) {
	var flags http2.Flags
	if ends {
		flags = http2.EndStream
	}
	s.c.out.appendData(s.id, p, flags)
	if ends {
		s.localEnd()
	}
}

// reserve takes up to want bytes of the windows, for one frame, as soon as there
// is room in the queue. Called with c.mu locked.
func (s *Stream) reserve(want int) (int, error) {
	c := s.c
	for {
		if err := s.open(); err != nil {
			return 0, err
		}
		n := 0
		if !c.out.full() {
			n = http2.Reserve(&s.window, &c.window, want)
		}
		if n > 0 {
			if http2.Small(n, want) && c.dribbles.Over(http2.Dribbles, int64(socket.Now())) {
				c.reset(s, http2.EnhanceYourCalm, http2.ErrFlood)
				return 0, http2.ErrFlood
			}
			return n, nil
		}
		if err := s.awaitRoom(); err != nil {
			return 0, err
		}
	}
}

// awaitRoom waits until room or window may be there. If the backend grants none for
// too long, it fails. Called with c.mu locked.
func (s *Stream) awaitRoom() error {
	s.sending = true
	roused := s.out.Wait(&s.c.mu, s.stall)
	s.sending = false
	if roused {
		return nil
	}
	s.c.reset(s, http2.Cancel, os.ErrDeadlineExceeded)
	return os.ErrDeadlineExceeded
}

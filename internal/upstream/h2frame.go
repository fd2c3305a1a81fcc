package upstream

import "elbow/internal/http2"

// This file handles each type of frame. An error that is OfStream ends the
// frame's stream, any other the connection.

func (c *h2Conn) frame(f *http2.Frame) error {
	if b := &c.in.block; b.pending() && (f.Type != http2.Continuation || f.Stream != b.stream) {
		return http2.ErrContinuation
	}
	if !c.in.begun && f.Type != http2.Settings {
		return http2.ErrPreface
	}
	if err := f.Check(); err != nil {
		return err
	}
	switch f.Type {
	case http2.Data:
		return c.data(f)
	case http2.Headers, http2.Continuation:
		b, block, whole, err := c.in.block.add(f)
		if !whole {
			return err
		}
		return c.headerList(&b, block)
	case http2.ResetStream:
		return c.resetByBackend(f)
	case http2.Settings:
		return c.settings(f)
	case http2.Ping:
		return c.ping(f)
	case http2.GoAway:
		c.goingAway(f)
		return nil
	case http2.WindowUpdate:
		return c.windowUpdate(f)
	}
	return c.in.meter(http2.Idlers)
}

// data handles a piece of an answer's body.
func (c *h2Conn) data(f *http2.Frame) error {
	p, err := f.Unpad()
	if err != nil {
		return err
	}
	ends := f.Has(http2.EndStream)
	if len(p) == 0 && !ends {
		if err := c.in.meter(http2.Idlers); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.credit.Take(len(f.Payload)) {
		return http2.ErrFlow
	}
	s, err := c.streams.known(f.Stream)
	switch {
	case err != nil:
		return err
	case s == nil:
		c.drained(nil, len(f.Payload)) // it arrived after our RST_STREAM
		return nil
	case s.ended:
		c.drained(nil, len(f.Payload))
		return http2.ErrStreamClosed
	case !s.credit.Take(len(f.Payload)):
		c.drained(nil, len(f.Payload))
		return http2.ErrStreamFlow
	case !s.headed:
		c.drained(nil, len(f.Payload))
		return http2.ErrMalformed
	}
	c.drained(s, len(f.Payload)-len(p)) // padding
	if !s.bodied {
		s.bodied, s.heads = true, s.came
	}
	s.body.Put(p)
	if ends {
		s.remoteEnd()
	}
	c.streams.woken = append(c.streams.woken, s)
	return nil
}

// drained returns n bytes of window. Called with mu locked; s is nil if the
// stream receives no more.
func (c *h2Conn) drained(s *Stream, n int) {
	if c.err != nil {
		return
	}
	if update := c.credit.Drain(n); update > 0 {
		c.out.appendUpdate(0, update)
	}
	if s == nil || s.ended || !c.streams.has(s) {
		return
	}
	if update := s.credit.Drain(n); update > 0 {
		c.out.appendUpdate(s.id, update)
	}
}

// resetByBackend ends a stream that the backend does not complete, or whose
// request it does not want to read to the end (RFC 9113, 8.1).
func (c *h2Conn) resetByBackend(f *http2.Frame) error {
	code := f.Code()
	c.mu.Lock()
	s, err := c.streams.known(f.Stream)
	if s != nil {
		if code == http2.RefusedStream {
			s.end(ErrUnprocessed)
		} else {
			s.end(&ResetError{code})
		}
	}
	c.mu.Unlock()
	if s != nil && code == http2.RefusedStream {
		c.slots.refused()
	}
	return err
}

// settings applies the backend's settings together, and acknowledges them.
func (c *h2Conn) settings(f *http2.Frame) error {
	if f.Has(http2.Ack) {
		return nil
	}
	if err := c.in.meter(http2.Changes); err != nil {
		return err
	}
	if err := c.applySettings(f); err != nil {
		return err
	}
	if streams, said := http2.PeerStreams(f.Payload); said || !c.in.begun {
		c.slots.setRoom(streams)
	}
	if !c.in.begun {
		c.in.begun = true
		close(c.ready)
	}
	return nil
}

func (c *h2Conn) applySettings(f *http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	initial, err := http2.PeerWindow(f.Payload, c.initial)
	if err != nil {
		return err
	}
	if delta := initial - c.initial; delta != 0 {
		c.initial = initial
		for _, s := range c.streams.byID {
			if !s.window.Add(delta) {
				return http2.ErrWindow
			}
			s.out.Signal()
		}
	}
	c.out.queue = http2.AppendHeader(c.out.queue, 0, http2.Settings, http2.Ack, 0)
	c.out.wakeWriter()
	return nil
}

func (c *h2Conn) ping(f *http2.Frame) error {
	if f.Has(http2.Ack) {
		return nil
	}
	c.mu.Lock()
	c.out.queue = http2.AppendPing(c.out.queue, http2.Ack, f.Payload)
	c.out.wakeWriter()
	paid := c.out.told
	c.out.told = false
	c.mu.Unlock()
	if paid {
		return nil
	}
	return c.in.meter(http2.Pings)
}

// goingAway handles the backend's GOAWAY: no more streams may be opened, and
// those above the last one that it names were not processed (RFC 9113, 6.8).
func (c *h2Conn) goingAway(f *http2.Frame) {
	last := f.Uint31()
	c.leave() // before the streams end: requests that are sent again must not come here
	c.mu.Lock()
	c.goAway = true
	for id, s := range c.streams.byID {
		if id > last {
			s.end(ErrUnprocessed)
		}
	}
	c.streams.wakeSenders() // those that wait to be opened go to other connections
	c.mu.Unlock()
}

// windowUpdate lets a stream, or all of them, send more.
func (c *h2Conn) windowUpdate(f *http2.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := f.Uint31()
	if f.Stream == 0 {
		switch {
		case n == 0:
			return http2.ErrIncrement
		case !c.window.Add(int64(n)):
			return http2.ErrWindow
		}
		c.streams.wakeSenders()
		return nil
	}
	s, err := c.streams.known(f.Stream)
	switch {
	case err != nil:
		return err
	case n == 0:
		return http2.ErrStreamIncrement
	case s == nil:
		return nil
	case !s.window.Add(int64(n)):
		return http2.ErrStreamWindow
	}
	s.out.Signal()
	return nil
}

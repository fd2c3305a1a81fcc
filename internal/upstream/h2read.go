package upstream

import (
	"bytes"
	"errors"
	"os"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// read handles frames until the connection ends.
func (c *h2Conn) read() {
	err := c.readAll()
	var refused *http2.Error
	if errors.As(err, &refused) {
		c.shut(refused)
	} else {
		c.fail(err)
	}
	if !c.in.begun {
		close(c.ready)
	}
	c.in.release()
}

func (c *h2Conn) readAll() error {
	for {
		if err := c.frames(); err != nil {
			return err
		}
		c.mu.Lock()
		c.streams.signalWoken()
		c.mu.Unlock()
		if err := c.fill(); err != nil {
			return err
		}
	}
}

// fill reads once. While it waits it holds no buffer, unless part of a frame is
// in it; and it checks periodically whether the connection is to end.
func (c *h2Conn) fill() error {
	for {
		patience := c.pool.sweepIn
		if !c.in.begun {
			patience = c.pool.dialFor
		}
		at := socket.Now()
		c.ReadBy(at.Add(patience))
		err := c.WhenReadable(c.in.readOnce)
		if err == nil {
			err = c.in.readErr
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case !c.in.begun:
			return err // treated as a connection that was not accepted
		case c.slots.idle(at.Add(-(sweepsToLive - 1) * patience)):
			return errIdle
		}
	}
}

// frames handles the complete frames in the buffer.
func (c *h2Conn) frames() error {
	if c.in.buf == nil {
		return nil
	}
	if !c.in.begun && bytes.HasPrefix(c.in.buf[c.in.r:c.in.w], []byte("HTTP/1.")) {
		return errNotH2
	}
	for {
		f, ok, err := c.in.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := c.frame(&f); err != nil {
			var refused *http2.Error
			if !errors.As(err, &refused) || !refused.OfStream {
				return err
			}
			c.refuse(f.Stream, refused)
		}
	}
	c.in.releaseEmpty()
	c.mu.Lock()
	c.heard = socket.Now()
	c.mu.Unlock()
	return nil
}

// refuse ends a stream because of an error of the backend.
func (c *h2Conn) refuse(id uint32, err *http2.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams.byID[id]; s != nil {
		c.reset(s, err.Code, err)
	}
}

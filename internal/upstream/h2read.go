package upstream

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// h2Input is the state of the reading goroutine of an h2Conn.
type h2Input struct {
	in       *readBuffer // nil while no frame is pending
	r, w     int         // in[r:w] has been read and not parsed
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates

	block  headerBlock
	meters http2.Meters
	begun  bool // the backend's first SETTINGS have arrived
}

// A readBuffer holds a frame and the bytes read with it.
type readBuffer [32 << 10]byte

var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}

// read handles frames until the connection ends.
func (c *h2Conn) read() {
	err := c.readAll()
	var refused *http2.Error
	if errors.As(err, &refused) {
		c.shut(refused)
	} else {
		c.fail(err)
	}
	if !c.begun {
		close(c.ready)
	}
	if c.in != nil {
		readBuffers.Put(c.in)
		c.in = nil
	}
}

func (c *h2Conn) readAll() error {
	for {
		if err := c.frames(); err != nil {
			return err
		}
		c.signalWoken()
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
		if !c.begun {
			patience = c.pool.dialFor
		}
		at := socket.Now()
		c.ReadBy(at.Add(patience))
		err := c.WhenReadable(c.readOnce)
		if err == nil {
			err = c.readErr
		}
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case !c.begun:
			return err // treated as a connection that was not accepted
		case c.idle(at.Add(-(sweepsToLive - 1) * patience)):
			return errIdle
		}
	}
}

// tryRead reads once without blocking and reports whether it is done: it has read
// something or failed.
func (c *h2Conn) tryRead(fd uintptr) bool {
	if c.in == nil {
		c.in, c.r, c.w = readBuffers.Get().(*readBuffer), 0, 0
	} else if c.r > 0 {
		c.w = copy(c.in[:], c.in[c.r:c.w])
		c.r = 0
	}
	n, err := socket.ReadFD(fd, c.in[c.w:])
	c.w += n
	if c.r == c.w {
		readBuffers.Put(c.in)
		c.in = nil
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	c.readErr = err
	return err != syscall.EAGAIN
}

// frames handles the complete frames in the buffer.
func (c *h2Conn) frames() error {
	if c.in == nil {
		return nil
	}
	if !c.begun && bytes.HasPrefix(c.in[c.r:c.w], []byte("HTTP/1.")) {
		return errNotH2
	}
	for c.r < c.w {
		f, n, err := http2.Next(c.in[c.r:c.w])
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		c.r += n
		if err := c.frame(&f); err != nil {
			var refused *http2.Error
			if !errors.As(err, &refused) || !refused.OfStream {
				return err
			}
			c.refuse(f.Stream, refused)
		}
	}
	if c.r == c.w {
		readBuffers.Put(c.in)
		c.in = nil
	}
	c.mu.Lock()
	c.heard = socket.Now()
	c.mu.Unlock()
	return nil
}

// refuse ends a stream because of an error of the backend.
func (c *h2Conn) refuse(id uint32, err *http2.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.streams[id]; s != nil {
		c.reset(s, err.Code, err)
	}
}

// signalWoken wakes the owners of streams that got something: once for everything
// that was read, so that a short answer arrives together with its head.
func (c *h2Conn) signalWoken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.woken {
		s.in.Signal()
		c.woken[i] = nil
	}
	c.woken = c.woken[:0]
}

package proxy

import (
	"errors"
	"io"
	"os"
	"time"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// h2Input is what the reading goroutine of an h2Conn keeps for itself.
type h2Input struct {
	in      *buffer        // nil while nothing is pending
	r, w    int            // in.b[r:w] has been read and not looked at
	partial socket.Instant // since when a frame or a header block lacks its end; 0: none does

	decoder *http2.Decoder
	block   headerBlock
	meters  http2.Meters
	begun   bool        // the client's first SETTINGS have come
	fresh   []*h2Stream // begun by what was read last, without a worker yet
}

var (
	errIdle     = &http2.Error{Code: http2.NoError, Reason: "idle for too long"}
	errDrained  = &http2.Error{Code: http2.NoError, Reason: "drained"}
	errSlowHead = &http2.Error{Code: http2.EnhanceYourCalm, Reason: "head or frame not complete in time"}
)

// read takes frames in until the connection ends, and returns why it did.
func (h *h2Conn) read() error {
	defer h.releaseInput()
	if err := h.preface(); err != nil {
		return err
	}
	for {
		if err := h.frames(); err != nil {
			return err
		}
		h.dispatch()
		if err := h.fill(); err != nil {
			return err
		}
	}
}

func (h *h2Conn) releaseInput() {
	if h.in != nil {
		h.in.release()
		h.in = nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.fresh {
		h.shut(s)
		delete(h.streams, s.id)
		h.abandon(s)
	}
	h.fresh = nil
}

// preface reads what the client must begin with.
func (h *h2Conn) preface() error {
	for n := 0; ; n = h.w - h.r {
		n = min(n, len(http2.Preface))
		if n > 0 && string(h.in.b[h.r:h.r+n]) != http2.Preface[:n] {
			return http2.ErrPreface
		}
		if n == len(http2.Preface) {
			h.r += n
			return nil
		}
		if err := h.fill(); err != nil {
			return err
		}
	}
}

// frames takes the whole frames off what has been read.
func (h *h2Conn) frames() error {
	for h.r < h.w {
		f, n, err := http2.Next(h.in.b[h.r:h.w])
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		h.r += n
		if err := h.frame(&f); err != nil {
			var refused *http2.Error
			if !errors.As(err, &refused) || !refused.OfStream {
				return err
			}
			if err := h.refuse(f.Stream, refused.Code); err != nil {
				return err
			}
		}
	}
	switch unfinished := h.r < h.w || h.block.pending(); {
	case !unfinished:
		h.partial = 0
	case h.partial == 0:
		h.partial = socket.Now()
	}
	return nil
}

// fill reads once, without holding a buffer while it waits for the first byte.
func (h *h2Conn) fill() error {
	for {
		due, err := h.due()
		if err != nil {
			return err
		}
		h.wire.ReadBy(due)
		err = h.fillOnce()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err == socket.ErrInterrupted && h.wire.Resume():
		default:
			return err
		}
	}
}

func (h *h2Conn) fillOnce() error {
	if h.r == h.w && !h.mayHold {
		h.releaseBuffer()
		if err := h.wire.wait(); err != nil {
			return err
		}
	}
	if h.in == nil {
		h.in = takeBuffer()
	}
	h.w = copy(h.in.b[:], h.in.b[h.r:h.w])
	h.r = 0
	p := h.in.b[h.w:]
	n, err := h.stream.Read(p)
	h.w += n
	h.mayHold = n == len(p)
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

func (h *h2Conn) releaseBuffer() {
	if h.in != nil {
		h.in.release()
		h.in = nil
	}
	h.r, h.w = 0, 0
}

// due is until when to wait for the client, or the error if that has passed. It
// also does what is due while nothing happens.
func (h *h2Conn) due() (socket.Instant, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal != nil {
		return 0, h.refusal
	}
	at := socket.Now()
	if h.leaving == warned && at >= h.warnedAt.Add(goAwayTimeout) {
		h.leaveOff()
	}
	if h.leaving == leftOff && len(h.streams) == 0 {
		return 0, errDrained
	}
	if h.partial != 0 && at >= h.partial.Add(h.patience()) {
		return 0, errSlowHead
	}
	if h.open > 0 || h.partial != 0 || h.leaving != staying {
		return at.Add(watchEvery), nil
	}
	settles, ends := h.idleSince.Add(settleTime), h.idleSince.Add(h.listener.config.Load().idleTimeout())
	switch {
	case at >= ends:
		return 0, errIdle
	case at < settles:
		return min(settles, ends), nil
	}
	h.settle()
	return ends, nil
}

// patience is how long what has begun to arrive may take to be there whole.
func (h *h2Conn) patience() (d time.Duration) {
	d = h.proxy.limits.HeadTimeout
	if h.w-h.r > 3 && http2.FrameType(h.in.b[h.r+3]) == http2.Data {
		d = max(d, h.proxy.limits.BodyTimeout)
	}
	return d
}

// settle lets go of what a connection without streams need not hold. Called with
// mu locked.
func (h *h2Conn) settle() {
	h.dismiss()
	h.block.buf, h.decoder.Fields = nil, nil
	if h.writing && !h.settled {
		h.settled = true
		h.rouse()
	}
}

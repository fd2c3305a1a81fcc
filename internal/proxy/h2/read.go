package h2

import (
	"errors"
	"io"
	"os"
	"time"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// input is the state of a Conn's reading goroutine.
type input struct {
	in      *buffer.Buffer // nil while nothing is pending
	r, w    int            // in.B[r:w] has been read and not parsed
	partial socket.Instant // since when a frame or header block is incomplete; 0: none is

	decoder   *http2.Decoder
	block     headerBlock
	blockHeld int // bytes of block charged to the connection's memory account
	meters    http2.Meters
	prefaced  bool           // the client's preface has been received
	begun     bool           // the client's first SETTINGS have been received
	fresh     []*stream      // begun by the last read, not yet given to a worker
	heard     socket.Instant // when the client last sent something
}

var (
	errIdle     = &http2.Error{Code: http2.NoError, Reason: "idle for too long"}
	errDrained  = &http2.Error{Code: http2.NoError, Reason: "drained"}
	errSlowHead = &http2.Error{Code: http2.EnhanceYourCalm, Reason: "head or frame not complete in time"}
)

// errParked means that the connection was parked and is now owned by another
// goroutine.
var errParked = errors.New("parked")

// read handles frames until the connection ends or is parked, and returns the reason.
func (h *Conn) read() (err error) {
	defer func() {
		if err != errParked {
			h.releaseInput()
		}
	}()
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

func (h *Conn) releaseInput() {
	if h.in != nil {
		h.in.Release()
		h.in = nil
	}
	h.block.buf = nil
	h.reckonBlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.fresh {
		h.cutStream(s, resetHere)
		delete(h.streams, s.id)
		h.abandon(s)
	}
	h.fresh = nil
}

// preface verifies the connection preface of the client, and reports whether all of it
// has been received.
func (h *Conn) preface() (whole bool, err error) {
	n := min(h.w-h.r, len(http2.Preface))
	if n > 0 && string(h.in.B[h.r:h.r+n]) != http2.Preface[:n] {
		return false, http2.ErrPreface
	}
	if n < len(http2.Preface) {
		return false, nil
	}
	h.r += n
	return true, nil
}

// frames handles the complete frames in the buffer.
func (h *Conn) frames() (err error) {
	if !h.prefaced {
		if h.prefaced, err = h.preface(); !h.prefaced {
			return err
		}
	}
	for h.r < h.w {
		f, n, err := http2.Next(h.in.B[h.r:h.w])
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
		if !h.block.pending() {
			h.whole() // the next frame has its own time limit
		}
	}
	if h.partial == 0 && (h.r < h.w || h.block.pending()) {
		h.partial = socket.Now()
		h.Memory.Owes()
	}
	return nil
}

// whole records that no frame or header block is incomplete.
func (h *Conn) whole() {
	if h.partial != 0 {
		h.partial = 0
		h.Memory.Paid()
	}
}

// reckonBlock charges the memory of the incomplete header block.
func (h *Conn) reckonBlock() {
	if n := cap(h.block.buf); n != h.blockHeld {
		h.Memory.Hold(int64(n - h.blockHeld))
		h.blockHeld = n
	}
}

// fill reads once. It holds no buffer while it waits for the first byte. If the wait
// is long and no stream is open, the connection is parked.
func (h *Conn) fill() error {
	for waited := false; ; {
		due, settled, err := h.due()
		if err != nil {
			return err
		}
		h.Wire.ReadBy(due)
		switch settled = settled && h.r == h.w && !h.MayHold; {
		case settled && waited:
			h.releaseBuffer()
			if h.Wire.Park(h) {
				return errParked
			}
		case settled:
			h.Wire.ReadBy(min(due, socket.Now().Add(h.Limits.SettleTime)))
		}
		err = h.fillOnce()
		switch {
		case err == nil:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			waited = true
		case err == socket.ErrInterrupted && h.Wire.Resume():
		default:
			return err
		}
	}
}

func (h *Conn) fillOnce() error {
	if h.r == h.w && !h.MayHold {
		h.releaseBuffer()
		if err := h.Wire.Wait(); err != nil {
			return err
		}
	}
	if h.in == nil {
		h.in = buffer.Take()
	}
	h.w = copy(h.in.B[:], h.in.B[h.r:h.w])
	h.r = 0
	p := h.in.B[h.w:]
	n, err := h.Stream.Read(p)
	h.w += n
	h.MayHold = n == len(p)
	if n > 0 {
		h.heard = socket.Now()
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

func (h *Conn) releaseBuffer() {
	if h.in != nil {
		h.in.Release()
		h.in = nil
	}
	h.r, h.w = 0, 0
}

// due performs the shutdown and timeout steps that are due. It returns until when to
// wait for the client, or an error if that time has passed, and whether the connection
// has been idle for a while.
func (h *Conn) due() (until socket.Instant, settled bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal != nil {
		return 0, false, h.refusal
	}
	at := socket.Now()
	next := h.advance(at)
	if h.discarding > 0 {
		h.resetDiscarded(at)
	}
	if h.leaving == leftOff && len(h.streams) == 0 {
		return h.leave(at, errDrained)
	}
	if h.partial != 0 && at >= h.partial.Add(h.patience()) {
		return 0, false, errSlowHead
	}
	if h.open > 0 || h.partial != 0 || h.leaving != staying {
		h.farewellAt = 0
		return min(at.Add(exchange.WatchEvery), next), false, nil
	}
	idle := h.Frontend.Config.Load().IdlePatience()
	if wait := min(h.Limits.SettleTime, idle); at >= h.idleSince.Add(wait) && h.behind(at) > 0 {
		if h.stands(at) {
			return 0, false, http2.ErrStandstill
		}
		h.idleSince = at // the client is still receiving
		return at.Add(min(wait, exchange.WatchEvery)), false, nil
	}
	settles, ends := h.idleSince.Add(h.Limits.SettleTime), h.idleSince.Add(idle)
	switch {
	case at >= ends:
		return h.leave(at, errIdle)
	case at < settles:
		return min(settles, ends), false, nil
	}
	h.settle()
	return ends, true, nil
}

// patience returns how long an incomplete frame, header block or preface may take.
func (h *Conn) patience() (d time.Duration) {
	d = h.Limits.HeadTimeout
	if h.w-h.r > 3 && http2.FrameType(h.in.B[h.r+3]) == http2.Data {
		d = max(d, h.Limits.BodyTimeout)
	}
	return d
}

// settle releases what a connection without streams does not need. mu must be locked.
func (h *Conn) settle() {
	h.dismiss()
	h.block.buf, h.decoder.Fields = nil, nil
	h.reckonBlock()
	if h.writing && !h.settled {
		h.settled = true
		h.rouse()
	}
}

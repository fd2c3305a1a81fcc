package h2

import (
	"io"
	"time"

	"elbow/internal/buffer"
	"elbow/internal/exchange"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// input is the state of a Conn's reading goroutine.
type input struct {
	from    *exchange.Origin
	buf     *buffer.Buffer // nil while nothing is pending
	r, w    int            // buf.B[r:w] has been read and not parsed
	partial socket.Instant // since when a frame or header block is incomplete; 0: none is

	decoder   *http2.Decoder
	block     headerBlock
	blockHeld int // bytes of block charged to the connection's memory account
	meters    http2.Meters
	prefaced  bool           // the client's preface has been received
	begun     bool           // the client's first SETTINGS have been received
	fresh     []*request     // begun by the last read, not yet given to a worker
	heard     socket.Instant // when the client last sent something
}

// preface verifies the connection preface of the client, and reports whether all of it
// has been received.
func (in *input) preface() (whole bool, err error) {
	n := min(in.w-in.r, len(http2.Preface))
	if n > 0 && string(in.buf.B[in.r:in.r+n]) != http2.Preface[:n] {
		return false, http2.ErrPreface
	}
	if n < len(http2.Preface) {
		return false, nil
	}
	in.r += n
	return true, nil
}

// next returns the next complete frame in the buffer; ok is false if there is none.
func (in *input) next() (f http2.Frame, ok bool, err error) {
	if in.r == in.w {
		return f, false, nil
	}
	f, n, err := http2.Next(in.buf.B[in.r:in.w])
	if err != nil {
		return f, false, err
	}
	in.r += n
	return f, n > 0, nil
}

// read reads once from src, to the end of what the buffer holds, and reports whether that
// has filled it.
func (in *input) read(src io.Reader) (filled bool, err error) {
	if in.buf == nil {
		in.buf = buffer.Take()
	}
	in.w = copy(in.buf.B[:], in.buf.B[in.r:in.w])
	in.r = 0
	p := in.buf.B[in.w:]
	n, err := src.Read(p)
	in.w += n
	if n > 0 {
		in.heard = socket.Now()
		return n == len(p), nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return n == len(p), err
}

// unfinished records since when a frame or header block is incomplete, if one is.
func (in *input) unfinished() {
	if in.partial == 0 && (in.r < in.w || in.block.pending()) {
		in.partial = socket.Now()
		in.from.Memory.Owes()
	}
}

// whole records that no frame or header block is incomplete.
func (in *input) whole() {
	if in.partial != 0 {
		in.partial = 0
		in.from.Memory.Paid()
	}
}

// reckonBlock charges the memory of the incomplete header block.
func (in *input) reckonBlock() {
	if n := cap(in.block.buf); n != in.blockHeld {
		in.from.Memory.Hold(int64(n - in.blockHeld))
		in.blockHeld = n
	}
}

func (in *input) releaseBuffer() {
	if in.buf != nil {
		in.buf.Release()
		in.buf = nil
	}
	in.r, in.w = 0, 0
}

// patience returns how long an incomplete frame, header block or preface may take.
func (in *input) patience() (d time.Duration) {
	d = in.from.Limits.HeadTimeout
	if in.w-in.r > 3 && http2.FrameType(in.buf.B[in.r+3]) == http2.Data {
		d = max(d, in.from.Limits.BodyTimeout)
	}
	return d
}

// meter counts a frame that is cheap for the client and costly for the proxy, and
// returns an error if there are too many.
func (in *input) meter(k http2.Kind) error {
	if in.meters.Over(k, int64(socket.Now())) {
		return http2.ErrFlood
	}
	return nil
}

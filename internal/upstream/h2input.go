package upstream

import (
	"io"
	"sync"
	"syscall"

	"elbow/internal/http2"
	"elbow/internal/socket"
)

// h2Input is the state of the reading goroutine of an h2Conn.
type h2Input struct {
	buf      *readBuffer // nil while no frame is pending
	r, w     int         // buf[r:w] has been read and not parsed
	readErr  error
	readOnce func(fd uintptr) bool // tryRead, bound once: a bound method allocates

	block  headerBlock
	meters http2.Meters
	begun  bool // the backend's first SETTINGS have arrived
}

// A readBuffer holds a frame and the bytes read with it.
type readBuffer [32 << 10]byte

var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}

// tryRead reads once without blocking and reports whether it is done: it has read
// something or failed.
func (in *h2Input) tryRead(fd uintptr) bool {
	if in.buf == nil {
		in.buf, in.r, in.w = readBuffers.Get().(*readBuffer), 0, 0
	} else if in.r > 0 {
		in.w = copy(in.buf[:], in.buf[in.r:in.w])
		in.r = 0
	}
	n, err := socket.ReadFD(fd, in.buf[in.w:])
	in.w += n
	in.releaseEmpty()
	if n == 0 && err == nil {
		err = io.EOF
	}
	in.readErr = err
	return err != syscall.EAGAIN
}

// next returns the next complete frame in the buffer; ok is false if there is none.
func (in *h2Input) next() (f http2.Frame, ok bool, err error) {
	if in.buf == nil || in.r == in.w {
		return f, false, nil
	}
	f, n, err := http2.Next(in.buf[in.r:in.w])
	in.r += n
	return f, n > 0, err
}

// releaseEmpty releases the buffer if nothing is left in it.
func (in *h2Input) releaseEmpty() {
	if in.buf != nil && in.r == in.w {
		in.release()
	}
}

// release releases the buffer.
func (in *h2Input) release() {
	if in.buf != nil {
		readBuffers.Put(in.buf)
		in.buf = nil
	}
}

// meter counts an event that is frequent only in an attack.
func (in *h2Input) meter(k http2.Kind) error {
	if in.meters.Over(k, int64(socket.Now())) {
		return http2.ErrFlood
	}
	return nil
}

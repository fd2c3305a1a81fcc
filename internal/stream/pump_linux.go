package stream

import (
	"syscall"

	"elbow/internal/socket"

	"golang.org/x/sys/unix"
)

// turnReads is the number of reads that a direction may do before other connections are
// served: 512 KiB in buffers.
const turnReads = 16

// splicesAfter is the number of full reads in a row after which bytes go through
// a pipe. Doing so always costs 20 % on small messages, never doing so costs a
// factor of 2.8 on long ones.
const splicesAfter = 2

// pump moves bytes in both directions as far as possible.
func (p *pair) pump() {
	in, out := p.record.in, p.record.out
	a := p.move(&p.client, &p.server, &p.record.in)
	if p.ended {
		return
	}
	b := p.move(&p.server, &p.client, &p.record.out)
	if in != p.record.in || out != p.record.out {
		p.active = p.loop.Now
		p.listener.counts.Moved(p.record.in-in, p.record.out-out)
	}
	switch {
	case p.ended:
	case p.client.shut && p.server.shut:
		p.end(byBoth, false)
	case (a || b) && !p.queued:
		p.queued = true
		p.loop.ready = append(p.loop.ready, p)
	}
}

// move passes bytes from one side to the other until there are none, the other
// side is full, or its turn is over; it reports whether the turn was over.
func (p *pair) move(from, to *side, count *int64) (more bool) {
	for range turnReads {
		if to.pending() && !p.flush(to) {
			if from == &p.client && from.failed { // while the backend does not read, no read reports it
				p.broken(from)
			}
			return false
		}
		if from.eof {
			// A reset after the half-close, which no read reports. That of a backend may
			// answer bytes that came after it had closed, such as TLS's close_notify: its
			// own bytes still have to reach the client.
			if from.failed && from == &p.client {
				p.broken(from)
				return false
			}
			if !to.shut {
				to.shut = true
				shutWrite(int(to.fd))
			}
			return false
		}
		if !from.readable {
			return false
		}
		if from.full >= splicesAfter {
			if pipe := p.loop.takePipe(); pipe != nil {
				p.pass(from, to, pipe, count)
				if p.ended {
					return false
				}
				continue
			}
			from.full = 0 // no pipe: copy
		}
		p.copy(from, to, count)
		if p.ended {
			return false
		}
	}
	return true
}

// copy reads once and writes what it read; what cannot be written waits
// in a buffer.
func (p *pair) copy(from, to *side, count *int64) {
	buf := p.loop.buf
	if p.loop.held >= p.loop.streams.waiting {
		buf = buf[:leanRead]
	}
	n, err := socket.ReadFD(uintptr(from.fd), buf)
	switch {
	case err == syscall.EAGAIN:
		from.readable = false
		return
	case err != nil:
		p.broken(from)
		return
	case n == 0:
		from.eof = true
		return
	}
	*count += int64(n)
	if n < len(buf) {
		from.full = 0
		from.readable = from.last // all has been read, except an end of stream that is still to come
	} else if from.full < splicesAfter && len(buf) == bufferSize {
		from.full++
	}
	sent := 0
	if to.writable {
		if sent, err = socket.WriteFD(uintptr(to.fd), buf[:n]); err != nil && err != syscall.EAGAIN {
			p.broken(to)
			return
		}
	}
	if sent < n {
		to.writable = false
		to.waiting = append(p.loop.takeChunk(n-sent), buf[sent:n]...)
	}
}

// pass moves bytes through a pipe, and keeps the pipe if it could not be emptied.
func (p *pair) pass(from, to *side, pipe *pipe, count *int64) {
	n, e := splice(int(from.fd), pipe.w, pipeSize)
	switch {
	case e == unix.EAGAIN:
		from.readable, from.full = false, 0
	case e != 0:
		p.loop.givePipe(pipe)
		p.broken(from)
		return
	case n == 0:
		from.eof = true
	}
	if n == 0 {
		p.loop.givePipe(pipe)
		return
	}
	*count += int64(n)
	if n < bufferSize/2 {
		from.full = 0 // no longer full reads
	}
	pipe.n, to.pipe = n, pipe
	p.flush(to)
}

// pending reports whether bytes wait for the side to have room.
func (s *side) pending() bool { return len(s.waiting) > 0 || s.pipe != nil }

// flush writes the pending bytes and reports whether all are written.
func (p *pair) flush(to *side) bool {
	if !to.writable {
		return false
	}
	for len(to.waiting) > 0 {
		n, err := socket.WriteFD(uintptr(to.fd), to.waiting)
		if err == syscall.EAGAIN {
			to.writable = false
			return false
		}
		if err != nil {
			p.broken(to)
			return false
		}
		to.waiting = to.waiting[:copy(to.waiting, to.waiting[n:])]
	}
	for to.pipe != nil && to.pipe.n > 0 {
		n, e := splice(to.pipe.r, int(to.fd), to.pipe.n)
		if e == unix.EAGAIN {
			to.writable = false
			return false
		}
		if e != 0 || n == 0 {
			p.broken(to)
			return false
		}
		to.pipe.n -= n
	}
	p.loop.letGo(to)
	return true
}

// broken ends p because of an error on one side: the other side is reset, too, so
// that its peer does not take a truncated stream for a complete one.
func (p *pair) broken(s *side) {
	if s == &p.client {
		p.end(byClient, true)
		return
	}
	p.end(byBackend, true)
}

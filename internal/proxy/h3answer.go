package proxy

import (
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// begin compresses the head.
func (s *h3Stream) begin(bool) *Fault {
	x := s.x
	if s.mute.Load() {
		return &Fault{Side: Client, Op: OpSend, Status: 400, Err: http3.ErrMalformed}
	}
	out, f := x.appendCoded(http3.BeginHeaders(x.out[:0]), &qpackHead)
	x.out = http3.EndHeaders(out)
	return f
}

// deliver puts head, body and end of a small answer into one packet.
func (s *h3Stream) deliver(b []byte, from, to int, last bool) *Fault {
	x := s.x
	x.headSent = true
	if to > from {
		var header [http3.MaxDataHeader]byte
		h := http3.AppendFrameHeader(header[:0], http3.Data, to-from)
		from -= copy(b[from-len(h):from], h)
	}
	if n := len(x.out); n <= from {
		from -= copy(b[from-n:from], x.out)
	} else if f := s.write(x.out); f != nil {
		return f
	}
	x.out = x.out[:0]
	if f := s.write(b[from:to]); f != nil || !last {
		return f
	}
	if lines := x.trailers; len(lines) > 0 {
		x.out = http3.EndHeaders(qpackHead.appendTrailers(http3.BeginHeaders(x.out), lines))
		if f := s.write(x.out); f != nil {
			return f
		}
		x.out = x.out[:0]
	}
	return s.finish()
}

// finish ends our direction. What bind watches ends with it too, and the backend
// connection is not to be closed for that: the exchange has it until the upload has
// ended, and others may have it then.
func (s *h3Stream) finish() *Fault {
	s.unbind()
	s.closed = true
	if err := s.str.Close(); err != nil {
		return clientGone(OpBody)
	}
	return nil
}

func (s *h3Stream) interim() *Fault { return s.sendHead(s.x.resp.Status) }

// sendHead sends a head that nothing more is to be sent with.
func (s *h3Stream) sendHead(status int) *Fault {
	x := s.x
	out := http3.AppendStatus(http3.BeginHeaders(x.out[:0]), status)
	out, _ = x.appendFields(out, &qpackHead)
	f := s.write(http3.EndHeaders(out))
	x.out = out[:0]
	return f
}

// quicBuffered is what quic-go takes without waiting, at least.
const quicBuffered = 1 << 10

// write writes p to the client. It returns when all but the end of it has left,
// which QUIC's congestion control and the client's windows decide.
func (s *h3Stream) write(p []byte) *Fault {
	if len(p) == 0 {
		return nil
	}
	_ = s.str.SetWriteDeadline(socket.Now().Add(s.h.limits.StreamTimeout).Time()) // has no error
	if len(p) > quicBuffered {
		s.x.stalls(&s.x.taking, false)
	}
	n, err := s.str.Write(p)
	s.x.record.bytesOut += int64(n)
	if f := s.x.flows(&s.x.taking, OpBody); f != nil && err != nil {
		return f
	}
	if err != nil {
		return &Fault{Side: Client, Op: OpBody, Status: statusClientGone, Err: err}
	}
	return nil
}

// swift is false: what goes out is cut into packets anyway.
func (s *h3Stream) swift() bool { return false }

func (s *h3Stream) taken() *Fault { return nil }

// breakOff leaves it to end to reset the stream.
func (s *h3Stream) breakOff() {}

var _ clientSide = (*h3Stream)(nil)

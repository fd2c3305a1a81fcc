package h3

import (
	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// Begin compresses the head.
func (s *stream) Begin(bool) *exchange.Fault {
	x := s.x
	if s.mute.Load() {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpSend, Status: 400, Err: http3.ErrMalformed}
	}
	x.Framing = x.Resp.Framing
	head := x.ResponseHead()
	out, f := head.AppendCoded(http3.BeginHeaders(x.Out[:0]), &exchange.QPACKHead)
	x.Out = http3.EndHeaders(out)
	return f
}

// Deliver puts head, body and end of a small answer into one packet.
func (s *stream) Deliver(b []byte, from, to int, last bool) *exchange.Fault {
	x := s.x
	x.Answer.HeadOut()
	if to > from {
		var header [http3.MaxDataHeader]byte
		h := http3.AppendFrameHeader(header[:0], http3.Data, to-from)
		from -= copy(b[from-len(h):from], h)
	}
	if n := len(x.Out); n <= from {
		from -= copy(b[from-n:from], x.Out)
	} else if f := s.write(x.Out); f != nil {
		return f
	}
	x.Out = x.Out[:0]
	if f := s.write(b[from:to]); f != nil || !last {
		return f
	}
	if lines := x.Trailers; len(lines) > 0 {
		x.Out = http3.EndHeaders(exchange.QPACKHead.AppendTrailers(http3.BeginHeaders(x.Out), lines))
		if f := s.write(x.Out); f != nil {
			return f
		}
		x.Out = x.Out[:0]
	}
	return s.finish()
}

// finish ends our direction of the stream. It first removes the watch of Bind, which
// would otherwise close the backend connection: the exchange uses that until the
// upload has ended, and others may reuse it after that.
func (s *stream) finish() *exchange.Fault {
	s.Unbind()
	s.closed = true
	if err := s.str.Close(); err != nil {
		return exchange.ClientGone(exchange.OpBody)
	}
	return nil
}

func (s *stream) Interim() *exchange.Fault { return s.sendHead(s.x.Resp.Status) }

// sendHead sends a head that completes the answer.
func (s *stream) sendHead(status int) *exchange.Fault {
	x := s.x
	out := http3.AppendStatus(http3.BeginHeaders(x.Out[:0]), status)
	head := x.ResponseHead()
	out, _ = head.AppendFields(out, &exchange.QPACKHead)
	f := s.write(http3.EndHeaders(out))
	x.Out = out[:0]
	return f
}

// quicBuffered is the least number of bytes that quic-go accepts without blocking.
const quicBuffered = 1 << 10

// write writes p to the client. It returns when all but the last bytes have been sent,
// subject to QUIC's congestion control and the client's flow-control windows.
func (s *stream) write(p []byte) *exchange.Fault {
	if len(p) == 0 {
		return nil
	}
	_ = s.str.SetWriteDeadline(socket.Now().Add(s.h.Limits.StreamTimeout).Time()) // never fails
	if len(p) > quicBuffered {
		s.x.Taking.Begin(false)
	}
	n, err := s.str.Write(p)
	s.x.Record.BytesOut += int64(n)
	if f := s.x.Taking.Done(exchange.OpBody); f != nil && err != nil {
		return f
	}
	if err != nil {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpBody, Status: exchange.StatusClientGone, Err: err}
	}
	return nil
}

// Swift returns false: the data is split into packets anyway.
func (s *stream) Swift() bool { return false }

func (s *stream) Taken() *exchange.Fault { return nil }

// BreakOff does nothing: end resets the stream.
func (s *stream) BreakOff() {}

var _ exchange.ClientSide = (*stream)(nil)

package h3

import (
	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/socket"
)

// Begin compresses the head.
func (r *request) Begin(bool) *exchange.Fault {
	x := r.x
	if r.mute.Load() {
		return &exchange.Fault{Side: exchange.Client, Op: exchange.OpSend, Status: 400, Err: http3.ErrMalformed}
	}
	x.Framing = x.Resp.Framing
	head := x.ResponseHead()
	out, f := head.AppendCoded(http3.BeginHeaders(x.Out[:0]), &exchange.QPACKHead)
	x.Out = http3.EndHeaders(out)
	return f
}

// Deliver puts head, body and end of a small answer into one packet.
func (r *request) Deliver(b []byte, from, to int, last bool) *exchange.Fault {
	x := r.x
	x.Answer.HeadOut()
	if to > from {
		var header [http3.MaxDataHeader]byte
		h := http3.AppendFrameHeader(header[:0], http3.Data, to-from)
		from -= copy(b[from-len(h):from], h)
	}
	if n := len(x.Out); n <= from {
		from -= copy(b[from-n:from], x.Out)
	} else if f := r.write(x.Out); f != nil {
		return f
	}
	x.Out = x.Out[:0]
	if f := r.write(b[from:to]); f != nil || !last {
		return f
	}
	if lines := x.Trailers; len(lines) > 0 {
		x.Out = http3.EndHeaders(exchange.QPACKHead.AppendTrailers(http3.BeginHeaders(x.Out), lines))
		if f := r.write(x.Out); f != nil {
			return f
		}
		x.Out = x.Out[:0]
	}
	return r.finish()
}

// finish ends our direction of the stream. It first removes the watch of Bind, which
// would otherwise close the backend connection: the exchange uses that until the
// upload has ended, and others may reuse it after that.
func (r *request) finish() *exchange.Fault {
	r.Unbind()
	r.closed = true
	if err := r.str.Close(); err != nil {
		return exchange.ClientGone(exchange.OpBody)
	}
	return nil
}

func (r *request) Interim() *exchange.Fault { return r.sendHead(r.x.Resp.Status) }

// sendHead sends a head that completes the answer.
func (r *request) sendHead(status int) *exchange.Fault {
	x := r.x
	out := http3.AppendStatus(http3.BeginHeaders(x.Out[:0]), status)
	head := x.ResponseHead()
	out, _ = head.AppendFields(out, &exchange.QPACKHead)
	f := r.write(http3.EndHeaders(out))
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
func (r *request) Swift() bool { return false }

func (r *request) Taken() *exchange.Fault { return nil }

// BreakOff does nothing: end resets the stream.
func (r *request) BreakOff() {}

var _ exchange.ClientSide = (*request)(nil)

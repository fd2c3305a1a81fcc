package exchange

import (
	"errors"
	"strconv"

	"elbow/internal/http1"
	"elbow/internal/upstream"
)

// A call is a gRPC request over HTTP/2 or HTTP/3. It needs trailers and both
// directions at once, so it is forwarded over HTTP/2; errors of the proxy are reported
// as gRPC statuses.

var (
	callType   = []byte("application/grpc")
	streamType = []byte("application/connect+")
)

// A callStatus is a gRPC status code.
type callStatus int

const (
	callUnknown          callStatus = 2
	callDeadlineExceeded callStatus = 4
	callExhausted        callStatus = 8
	callUnimplemented    callStatus = 12
	callInternal         callStatus = 13
	callUnavailable      callStatus = 14
)

// callStatusOf returns the gRPC status for f. An unreachable backend is UNAVAILABLE. A
// backend that does not answer in time is DEADLINE_EXCEEDED, because it may have
// executed the call.
func callStatusOf(f *Fault) callStatus {
	switch f.Status {
	case 502, 503:
		return callUnavailable
	case 408, 504:
		return callDeadlineExceeded
	case 405, 501:
		return callUnimplemented
	case 413, 431:
		return callExhausted
	case 400, 500:
		return callInternal
	}
	return callUnknown
}

// failCall reports f to the client of a call, and reports whether it could. If the
// backend has reset or not processed the stream, the client's stream is reset as well:
// the client interprets the reset itself (gRPC over HTTP/2, "Errors"), since it knows
// its deadline and whether the call can be repeated.
func (x *Exchange) failCall(f *Fault) bool {
	var reset *upstream.ResetError
	switch {
	case errors.As(f.Err, &reset), f.Err == upstream.ErrUnprocessed:
		x.Keep = false
		return !x.Answer.headSent()
	case x.Answer.headSent():
		return x.endCall(f)
	}
	x.assigned.member = -1 // no session is bound to it
	x.back.Open()
	composeCall(&x.Resp, f)
	x.Trailers = x.Trailers[:0]
	x.give(HeadRoom)
	return true
}

// composeCall makes r the Trailers-Only answer with the status of f.
func composeCall(r *http1.Response, f *Fault) {
	r.Reset()
	r.Status, r.Framing, r.Length = 200, http1.NoBody, -1
	r.Fields = append(r.Fields,
		http1.Field{Name: []byte("content-type"), Value: callType},
		http1.Field{Name: []byte("grpc-status"), Value: strconv.AppendInt(nil, int64(callStatusOf(f)), 10)},
		http1.Field{Name: []byte("grpc-message"), Value: []byte(statusText(f.Status))})
}

// endCall ends the answer to a call that f has interrupted with the status that the
// client would see without the proxy, and reports whether it could. An answer with a
// Content-Length is cut off before its end instead.
func (x *Exchange) endCall(f *Fault) bool {
	if f.Side == Client || x.Framing != http1.Chunked {
		return false
	}
	x.back.Open()
	x.Trailers = append(x.Trailers[:0], "grpc-status: "...)
	x.Trailers = strconv.AppendInt(x.Trailers, int64(callStatusOf(f)), 10)
	x.Trailers = append(append(append(x.Trailers, "\r\ngrpc-message: "...), statusText(f.Status)...), "\r\n"...)
	return x.client.Deliver(x.back.Buf.B, HeadRoom, HeadRoom, true) == nil
}

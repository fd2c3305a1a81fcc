package exchange

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"elbow/internal/http1"
	"elbow/internal/upstream"
)

// A call is a request of gRPC over HTTP/2 or HTTP/3. It needs trailers and both
// directions at once, so its backend is spoken to in HTTP/2; and what it is told
// by us, it is told as gRPC does.

var (
	callType   = []byte("application/grpc")
	streamType = []byte("application/connect+")
)

// isCall tells a call by method and media type: application/grpc, alone or with a
// format (+proto) or parameters. application/grpc-web is another protocol, made
// for HTTP/1.1.
func (x *Exchange) isCall() bool {
	if x.Plain {
		return false
	}
	format, ok := x.postOf(callType)
	return ok && (len(format) == 0 || format[0] == '+' || format[0] == ';')
}

// isStream tells a stream of Connect, in which both sides may be silent for as long
// as in one of gRPC. It has an answer like any other.
func (x *Exchange) isStream() bool {
	_, ok := x.postOf(streamType)
	return ok
}

// postOf reports whether the request is a POST of a media type that begins with
// this, and returns the rest of it.
func (x *Exchange) postOf(mediaType []byte) (rest []byte, ok bool) {
	if string(x.Req.Method) != "POST" {
		return nil, false
	}
	for i := range x.Req.Fields {
		if f := &x.Req.Fields[i]; f.ID == http1.ContentType {
			n := len(mediaType)
			if len(f.Value) < n || !bytes.EqualFold(f.Value[:n], mediaType) {
				return nil, false
			}
			return f.Value[n:], true
		}
	}
	return nil, false
}

// A callStatus is a status code of gRPC.
type callStatus int

const (
	callUnknown          callStatus = 2
	callDeadlineExceeded callStatus = 4
	callExhausted        callStatus = 8
	callUnimplemented    callStatus = 12
	callInternal         callStatus = 13
	callUnavailable      callStatus = 14
)

// callStatusOf is what a call is told of f: a backend that is not there is
// UNAVAILABLE, one that is late DEADLINE_EXCEEDED, as it may have done what it was
// asked.
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

// failCall tells the client of a call of f, and reports whether it could. A
// stream that the backend has reset, or not looked at, is left to be reset here,
// too: what that means clients know best (gRPC over HTTP/2, "Errors"), as the one
// whose deadline has passed on both sides, or who can make the call again.
func (x *Exchange) failCall(f *Fault) bool {
	var reset *upstream.ResetError
	switch {
	case errors.As(f.Err, &reset), f.Err == upstream.ErrUnprocessed:
		x.Keep = false
		return !x.headSent()
	case x.headSent():
		return x.endCall(f)
	}
	x.answerCall(f)
	return true
}

// answerCall answers a call with f: an answer that consists of trailers alone.
func (x *Exchange) answerCall(f *Fault) {
	x.member = -1 // no session begins with it
	x.back.Open()
	r := &x.Resp
	r.Reset()
	r.Status, r.Framing, r.Length = 200, http1.NoBody, -1
	r.Fields = append(r.Fields,
		http1.Field{Name: []byte("content-type"), Value: callType},
		http1.Field{Name: []byte("grpc-status"), Value: strconv.AppendInt(nil, int64(callStatusOf(f)), 10)},
		http1.Field{Name: []byte("grpc-message"), Value: []byte(statusText(f.Status))})
	x.Trailers = x.Trailers[:0]
	x.give(HeadRoom)
}

// endCall ends an answer to a call that f has broken off with the status that the
// client would see without us, and reports whether it could. A call whose answer
// has a length ends short of it instead.
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

// BodyPatience is how long the client may send nothing of the body. One that only
// listens to a stream may do so for as long as the backend's side of it lasts, which
// b2 sees to.
func (x *Exchange) BodyPatience() time.Duration {
	if x.duplex {
		return Forever
	}
	return x.From.Limits.BodyTimeout
}

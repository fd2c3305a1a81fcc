package exchange

import (
	"errors"
	"strconv"

	"elbow/internal/http1"
)

// allowed is the Allow value of generated answers (RFC 9110, 10.2.1).
const allowed = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH"

var errLastHop = errors.New("TRACE ends here by Max-Forwards, and is not reflected")

// countHop decrements the Max-Forwards of an OPTIONS or TRACE, and reports whether the
// request ends here (RFC 9110, 7.6.2). Other methods ignore the field.
func (x *Exchange) countHop() (ends bool, f *Fault) {
	if m := string(x.Req.Method); m != "OPTIONS" && m != "TRACE" {
		return false, nil
	}
	var left *http1.Field
	for i := range x.Req.Fields {
		if f := &x.Req.Fields[i]; f.ID == http1.MaxForwards {
			if left != nil {
				return false, HeadFault(http1.ErrMaxForwards)
			}
			left = f
		}
	}
	if left == nil {
		return false, nil
	}
	n, ok := http1.ParseNumber(left.Value)
	switch {
	case !ok:
		return false, HeadFault(http1.ErrMaxForwards)
	case n == 0:
		return true, nil
	}
	left.Value = strconv.AppendInt(nil, n-1, 10)
	return false, nil
}

// lastHop answers a request that must not be forwarded. The answer to a TRACE would
// repeat the request, including credentials, which mainly helps attackers, so TRACE is
// not implemented.
func (x *Exchange) lastHop() *Fault {
	if string(x.Req.Method) == "TRACE" {
		return &Fault{Side: Client, Op: OpHead, Status: 405, Err: errLastHop}
	}
	x.Keep = x.mayKeep()
	x.answerHere(200, "", "")
	return nil
}

package exchange

import (
	"errors"
	"strconv"

	"elbow/internal/http1"
)

// errLastHop refuses a TRACE that must not be forwarded. The answer would repeat the
// request, including credentials, which mainly helps attackers, so TRACE is refused with 405.
var errLastHop = errors.New("TRACE with Max-Forwards: 0 is not answered, it would reflect credentials")

// countHop decrements the Max-Forwards of an OPTIONS or TRACE, and reports whether the
// request ends here (RFC 9110, 7.6.2). Other methods ignore the field.
func (r *Request) countHop() (ends bool, f *Fault) {
	if m := string(r.Method); m != "OPTIONS" && m != "TRACE" {
		return false, nil
	}
	var left *http1.Field
	for i := range r.Fields {
		if f := &r.Fields[i]; f.ID == http1.MaxForwards {
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

package proxy

import (
	"errors"
	"os"
	"time"

	"elbow/internal/socket"
)

// connect gets a connection to the chosen backend: one that waits in its pool,
// or a new one.
func (x *exchange) connect() *Fault {
	get := x.backend.Pool.Get
	if x.fresh {
		get = x.backend.Pool.GetFresh
	}
	up, err := get(time.Time{})
	if err != nil {
		f := &Fault{Side: Upstream, Op: OpConnect, Status: 502, Retry: Elsewhere, Err: err}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			f.Status = 504
		}
		return f
	}
	x.up, x.sendErr, x.heard = up, nil, false
	up.StallAfter(x.conn.proxy.limits.StreamTimeout)
	x.record.connected = socket.Now()
	if !x.client.bind(up) {
		return clientGone(OpConnect)
	}
	return nil
}

// part ends the use of the backend connection: it goes back to the pool if
// nothing of this exchange is left in it.
func (x *exchange) part(clean bool) {
	up := x.up
	if up == nil {
		return
	}
	x.up = nil
	if x.client.unbind() && clean {
		x.backend.Pool.Put(up)
		return
	}
	_ = up.Close() // nothing is expected of it any more
}

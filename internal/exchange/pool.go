package exchange

import (
	"sync"

	"elbow/internal/accesslog"
	"elbow/internal/buffer"
	"elbow/internal/overload"
	"elbow/internal/socket"
)

var exchanges = sync.Pool{New: func() any { return &Exchange{Out: make([]byte, 0, buffer.HeadBytes)} }}

// TakeExchange returns an exchange for the pending requests of a connection or stream.
// ends, called with id, ends the exchange if its client stalls.
func TakeExchange(from *Origin, client ClientSide, ends expeller, id uint32) *Exchange {
	x := exchanges.Get().(*Exchange)
	x.From, x.client = from, client
	x.Taking.open(from, &x.assigned, ends, id)
	x.Sending.open(from, &x.assigned, ends, id)
	x.Taking.holds = overload.UploadCost // while stalled it holds a buffer
	from.Memory.Hold(overload.ExchangeCost)
	x.In.open(&from.Memory)
	return x
}

// Release returns the exchange to the pool, without references to its connection.
func (x *Exchange) Release() {
	x.In.close()
	x.From.Memory.Hold(-overload.ExchangeCost)
	x.Req.Reset()
	if cap(x.Out) > keptBytes {
		x.Out = make([]byte, 0, buffer.HeadBytes)
	}
	if cap(x.Trailers) > keptBytes {
		x.Trailers = nil
	}
	x.From, x.client, x.cfg, x.assigned, x.Record = nil, nil, nil, assignment{}, Record{}
	x.session.open(nil)
	x.Taking, x.Sending = stall{}, stall{}
	if x.Req.framed {
		x.two.forget()
	}
	x.Plain, x.Req.framed, x.Req.call, x.Req.duplex = false, false, false, false
	exchanges.Put(x)
}

// keptBytes is the capacity for heads and trailers that an exchange keeps for the next
// one; few heads are larger.
const keptBytes = 4 * buffer.HeadBytes

// Reset clears the state of the previous request.
func (x *Exchange) Reset() {
	x.cfg = x.From.Frontend.Config.Load()
	x.session.open(x.cfg.Sticky)
	x.assigned.open(x.From, x.cfg)
	x.attempt, x.Answer = firstAttempt, noAnswer
	x.Via, x.Trailers, x.Upload.Cut = (*b1)(x), x.Trailers[:0], false
	x.Expelled = false
	x.Keep, x.Abort = false, false
	x.Record = Record{Times: accesslog.Times{Began: socket.Now()}}
}

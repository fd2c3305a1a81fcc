package overload

import (
	"log/slog"
	"sync/atomic"
	"time"

	"elbow/internal/socket"
)

// A Reason is the resource that ran out when something was refused.
type Reason uint8

const (
	OfBackend     Reason = iota // exchanges with a backend
	OfHandshakes                // TLS handshakes
	OfMemory                    // memory
	OfDescriptors               // file descriptors
	Reasons                     // the number of reasons
)

func (e Reason) String() string {
	return [Reasons]string{"backend", "handshakes", "memory", "descriptors"}[e]
}

// An Episode is a period in which things are refused for one reason. It logs one
// line when it begins and one after it has been over for a while, however many
// refusals there are in between.
type Episode struct {
	refused atomic.Uint64 // since the process started
	last    atomic.Int64  // instant of the last refusal
	under   atomic.Bool   // it has begun, and its end is not logged yet
}

// episodePause is the time without a refusal after which an episode is over.
const episodePause = 10 * time.Second

// Refuse counts a refusal. log carries the attributes that say which resource ran
// out.
func (e *Episode) Refuse(log *slog.Logger, why error, attrs ...any) {
	e.refused.Add(1)
	e.last.Store(int64(socket.Now()))
	if !e.under.CompareAndSwap(false, true) {
		return
	}
	log = log.With(attrs...)
	log.Warn("overload, refusing", "err", why)
	before := e.refused.Load() - 1
	time.AfterFunc(episodePause, func() { e.end(log, before) })
}

// Total is the number of refusals since the process started.
func (e *Episode) Total() uint64 { return e.refused.Load() }

// end logs the end of the episode, or checks again later.
func (e *Episode) end(log *slog.Logger, before uint64) {
	quiet := socket.Now().Sub(socket.Instant(e.last.Load()))
	if quiet < episodePause {
		time.AfterFunc(episodePause-quiet, func() { e.end(log, before) })
		return
	}
	log.Info("overload is over", "refused", e.refused.Load()-before)
	e.under.Store(false)
}

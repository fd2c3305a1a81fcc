package overload

import (
	"log/slog"
	"sync/atomic"
	"time"

	"elbow/internal/socket"
)

// An Reason is what there was too much of when something was refused.
type Reason uint8

const (
	OfBackend     Reason = iota // exchanges with a backend
	OfHandshakes                // TLS handshakes
	OfMemory                    // what takes memory
	OfDescriptors               // what takes a file descriptor
	Reasons                     // how many there are
)

func (e Reason) String() string {
	return [Reasons]string{"backend", "handshakes", "memory", "descriptors"}[e]
}

// An Episode is a time in which things are refused for one reason, too much of
// them. It has a line in the log when it begins and one when it has been over
// for a while, however much is refused in between.
type Episode struct {
	refused atomic.Uint64 // since the process started
	last    atomic.Int64  // instant of the last refusal
	under   atomic.Bool   // it has begun and not been told to be over
}

// episodePause is how long nothing is refused when an episode counts as over.
const episodePause = 10 * time.Second

// Refuse counts a refusal. log has the attributes that tell what is too much.
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

// Total is how many refusals there were since the process started.
func (e *Episode) Total() uint64 { return e.refused.Load() }

// end tells that it is over, or looks again later.
func (e *Episode) end(log *slog.Logger, before uint64) {
	quiet := socket.Now().Sub(socket.Instant(e.last.Load()))
	if quiet < episodePause {
		time.AfterFunc(episodePause-quiet, func() { e.end(log, before) })
		return
	}
	log.Info("overload is over", "refused", e.refused.Load()-before)
	e.under.Store(false)
}

package proxy

import (
	"log/slog"
	"sync/atomic"
	"time"

	"elbow/internal/socket"
)

// An excess is what there was too much of when something was refused.
type excess uint8

const (
	ofBackend     excess = iota // exchanges with a backend
	ofHandshakes                // TLS handshakes
	ofMemory                    // what takes memory
	ofDescriptors               // what takes a file descriptor
	excesses                    // how many there are
)

func (e excess) String() string {
	return [excesses]string{"backend", "handshakes", "memory", "descriptors"}[e]
}

// An episode is a time in which things are refused for one reason, too much of
// them. It has a line in the log when it begins and one when it has been over
// for a while, however much is refused in between.
type episode struct {
	refused atomic.Uint64 // since the process started
	last    atomic.Int64  // instant of the last refusal
	under   atomic.Bool   // it has begun and not been told to be over
}

// episodePause is how long nothing is refused when an episode counts as over.
const episodePause = 10 * time.Second

// refuse counts a refusal. log has the attributes that tell what is too much.
func (e *episode) refuse(log *slog.Logger, why error, attrs ...any) {
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

// total is how many refusals there were since the process started.
func (e *episode) total() uint64 { return e.refused.Load() }

// end tells that it is over, or looks again later.
func (e *episode) end(log *slog.Logger, before uint64) {
	quiet := socket.Now().Sub(socket.Instant(e.last.Load()))
	if quiet < episodePause {
		time.AfterFunc(episodePause-quiet, func() { e.end(log, before) })
		return
	}
	log.Info("overload is over", "refused", e.refused.Load()-before)
	e.under.Store(false)
}

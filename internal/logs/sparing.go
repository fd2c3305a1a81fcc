package logs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// sparingBurst is the number of lines of one kind that are written at once, and
	// sparingPause the time until one more is.
	sparingBurst = 20
	sparingPause = 10 * time.Second

	// sparingKinds bounds the kinds that are distinguished, by level and start of
	// the message: more than there are messages.
	sparingKinds = 256
	sparingStart = 24
)

// A sparing handler bounds the lines that unauthenticated clients can cause in
// the log. When lines of one kind come too fast, the next one that is written
// says how many were left out.
type sparing struct {
	slog.Handler
	kinds *lineKinds
}

// lineKinds is shared by a handler and those derived from it.
type lineKinds struct {
	mu  sync.Mutex
	all map[lineKind]*lineCount // guarded by mu
}

type lineKind struct {
	level slog.Level
	start string
}

type lineCount struct {
	full time.Time // when sparingBurst lines may be written again
	left int64     // lines that were left out
}

// Sparing wraps a log.
func Sparing(log *slog.Logger) *slog.Logger {
	return slog.New(sparing{log.Handler(), &lineKinds{all: make(map[lineKind]*lineCount)}})
}

// Handle writes a line, or counts it.
func (s sparing) Handle(ctx context.Context, r slog.Record) error {
	left, ok := s.kinds.admit(r)
	if !ok {
		return nil
	}
	if left > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int64("left_out", left))
	}
	return s.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (s sparing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sparing{s.Handler.WithAttrs(attrs), s.kinds}
}

// WithGroup implements slog.Handler.
func (s sparing) WithGroup(name string) slog.Handler {
	return sparing{s.Handler.WithGroup(name), s.kinds}
}

// admit reports whether a line is written, and how many of its kind were left out
// before it.
func (k *lineKinds) admit(r slog.Record) (left int64, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kind := lineKind{r.Level, r.Message[:min(len(r.Message), sparingStart)]}
	c := k.all[kind]
	if c == nil {
		if len(k.all) >= sparingKinds {
			clear(k.all) // there are fewer kinds of our own messages
		}
		c = new(lineCount)
		k.all[kind] = c
	}
	if c.full.Before(r.Time) {
		c.full = r.Time
	}
	if c.full.Sub(r.Time) > (sparingBurst-1)*sparingPause {
		c.left++
		return 0, false
	}
	c.full = c.full.Add(sparingPause)
	left, c.left = c.left, 0
	return left, true
}

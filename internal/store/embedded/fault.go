package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A fault is the end of etcd by an error of its own, a disk that refuses a
// write above all. etcd would end the process; traffic must go on, so only the
// goroutine that met the error ends, and every later call is refused.
type fault struct {
	log *slog.Logger
	c   chan struct{} // closed at the fault

	mu    sync.Mutex
	cause error // guarded by mu
}

func newFault(log *slog.Logger) *fault {
	return &fault{log: log, c: make(chan struct{})}
}

// logger is etcd's: warnings and worse go to our log, and what it calls fatal
// comes to OnWrite.
func (f *fault) logger() *zap.Logger {
	return zap.New(slogCore{f.log}, zap.WithFatalHook(f), zap.WithPanicHook(f))
}

// OnWrite implements zapcore.CheckWriteHook. The line is already in the log.
func (f *fault) OnWrite(entry *zapcore.CheckedEntry, fields []zapcore.Field) {
	f.mu.Lock()
	if f.cause == nil {
		f.cause = cause(entry.Message, fields)
		close(f.c)
	}
	f.mu.Unlock()
	runtime.Goexit()
}

func cause(message string, fields []zapcore.Field) error {
	for _, field := range fields {
		if err, ok := field.Interface.(error); ok {
			return fmt.Errorf("etcd: %s: %w", message, err)
		}
	}
	return errors.New("etcd: " + message)
}

// err is nil before the fault.
func (f *fault) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cause
}

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// A fault is a fatal error of etcd, such as a disk that refuses a write. etcd
// would end the process; traffic must go on, so only the goroutine that met the
// error ends, and every later call is refused.
type fault struct {
	log *slog.Logger
	ctx context.Context // done after the fault; its cause is the error
	end context.CancelCauseFunc
}

func newFault(log *slog.Logger) *fault {
	f := &fault{log: log}
	f.ctx, f.end = context.WithCancelCause(context.Background())
	return f
}

// logger is etcd's logger: warnings and worse go to our log, and fatal ones to
// OnWrite.
func (f *fault) logger() *zap.Logger {
	return zap.New(slogCore{f.log}, zap.WithFatalHook(f), zap.WithPanicHook(f))
}

// OnWrite implements zapcore.CheckWriteHook. The line is already logged.
func (f *fault) OnWrite(entry *zapcore.CheckedEntry, fields []zapcore.Field) {
	f.end(cause(entry.Message, fields)) // the first one counts
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
func (f *fault) err() error { return context.Cause(f.ctx) }

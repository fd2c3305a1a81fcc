// Package logs writes the log of a process, so that neither its readers nor those
// who cause lines in it can block the process, and files that lines are appended
// to, which may be moved away in between. It does not interpret the lines. Start
// reading at Open and File.
package logs

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Open opens the log of a server process: text for a terminal, or JSON for
// everything else. Its reader can neither block the process nor, by closing the
// pipe, end it. flush waits until its lines are written, for flushTime at most.
func Open(f *os.File, text bool) (log *slog.Logger, flush func()) {
	// A write to a standard stream whose reader is gone would end the process
	// (os/signal, SIGPIPE); with the signal ignored it is an ordinary error.
	signal.Ignore(syscall.SIGPIPE)
	b := newBacklog(f, func(dropped int) []byte {
		var line bytes.Buffer
		newLog(&line, text).Warn("log lines dropped, as nobody took them", "lines", dropped)
		return line.Bytes()
	})
	return newLog(b, text), b.close
}

func newLog(out io.Writer, text bool) *slog.Logger {
	if text {
		return slog.New(slog.NewTextHandler(out, nil))
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: asOtherLogs}))
}

// asOtherLogs formats durations in seconds and times in UTC to the millisecond,
// as in the access log and the audit log.
func asOtherLogs(_ []string, a slog.Attr) slog.Attr {
	switch a.Value = a.Value.Resolve(); {
	case a.Value.Kind() == slog.KindDuration:
		a.Value = slog.Float64Value(a.Value.Duration().Round(time.Microsecond).Seconds())
	case a.Value.Kind() == slog.KindTime:
		a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	return a
}

// LastWords writes the last message of a process, for flushTime at most: a pipe
// whose reader stalls would keep it from ending.
func LastWords(out io.Writer, text string) {
	written := make(chan struct{})
	go func() { // ends when the text is written, or with the process
		defer close(written)
		_, _ = io.WriteString(out, text) // the exit status reports the error, too
	}()
	select {
	case <-written:
	case <-time.After(flushTime):
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// auditPath is where the audit log goes.
func (c *config) auditPath() string {
	if c.auditLog == "" {
		return filepath.Join(c.data, "audit.log")
	}
	return c.auditLog
}

// openLog opens the destination of a log: nil for off, standard output for -,
// else a file that SIGHUP opens anew.
func (n *node) openLog(name, path string) (io.Writer, error) {
	switch path {
	case off:
		return nil, nil
	case "-":
		return os.Stdout, nil
	}
	l := &logFile{path: path}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n.reloads = append(n.reloads, l.open)
	n.atEnd(l.close)
	return l, nil
}

// A logFile is a file that is appended to and may be moved away in between.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File // guarded by mu
}

// open opens the path, anew if it was open. The old file is closed once the
// new one is there.
func (l *logFile) open() error {
	// A line may tell of a customer's clients: it is not for every user of the
	// machine.
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	l.mu.Lock()
	old := l.file
	l.file = f
	l.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// Write holds the lock while it writes: a file is not closed under a line.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(p)
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.file.Close() // every line was written by a call of its own
}

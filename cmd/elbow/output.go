package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
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

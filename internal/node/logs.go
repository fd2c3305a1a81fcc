package node

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"elbow/internal/logs"
)

// auditPath is where the audit log goes.
func (c *Config) auditPath() string {
	if c.AuditLog == "" {
		return filepath.Join(c.Data, "audit.log")
	}
	return c.AuditLog
}

// openLog opens the destination of a log: nil for off, standard output for -,
// else a file that SIGHUP opens anew, of at most limit bytes with the one before it;
// 0: without a limit.
func (n *Node) openLog(name, path string, limit int64) (io.Writer, error) {
	switch path {
	case Off:
		return nil, nil
	case "-":
		return os.Stdout, nil
	}
	l := &logs.File{Path: path, Limit: limit}
	if err := l.Open(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n.reloads = append(n.reloads, l.Open)
	n.atEnd(l.Close)
	return l, nil
}

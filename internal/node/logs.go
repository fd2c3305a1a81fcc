package node

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"elbow/internal/logs"
)

// auditPath returns the destination of the audit log.
func (c *Config) auditPath() string {
	if c.AuditLog == "" {
		return filepath.Join(c.Data, "audit.log")
	}
	return c.AuditLog
}

// reloads are the files that SIGHUP reads or opens again.
type reloads struct {
	log *slog.Logger
	all []func() error
}

func (r *reloads) add(again func() error) { r.all = append(r.all, again) }

// reload opens the files again. If one cannot be opened, the old one stays in use.
func (r *reloads) reload() {
	for _, again := range r.all {
		if err := again(); err != nil {
			r.log.Error("not reloaded", "err", err)
		}
	}
	r.log.Info("reloaded")
}

// openLog opens the destination of a log: nil for off, standard output for -, otherwise a
// file that SIGHUP opens again. limit bounds the bytes of the file and the previous one
// together; 0: no limit.
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
	n.reloads.add(l.Open)
	n.atEnd(l.Close)
	return l, nil
}

package node

import (
	"fmt"
	"io"
	"log/slog"
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

// reloads are what SIGHUP has read or opened anew.
type reloads struct {
	log *slog.Logger
	all []func() error
}

func (r *reloads) add(again func() error) { r.all = append(r.all, again) }

// reload opens files anew. One that cannot be opened leaves the old one in use.
func (r *reloads) reload() {
	for _, again := range r.all {
		if err := again(); err != nil {
			r.log.Error("not reloaded", "err", err)
		}
	}
	r.log.Info("reloaded")
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
	n.reloads.add(l.Open)
	n.atEnd(l.Close)
	return l, nil
}

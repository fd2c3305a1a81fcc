package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"elbow/internal/logs"
)

// auditFlags set the part of c that is about the audit log.
func (c *config) auditFlags(f *flag.FlagSet) {
	f.StringVar(&c.auditLog, "audit-log", c.auditLog,
		"`FILE` for a JSON line an API call, - for standard output, or off (default\n"+
			"audit.log in the data directory). SIGHUP opens the file anew")
	f.Var(&c.auditSize, "audit-size",
		"`SIZE`, as 256MiB, that the audit log may take: beyond half of it FILE becomes\n"+
			"FILE.1, in the place of the one before. At least 1MiB; 0: no limit")
}

// minAudit is some thousand lines: with less a failing client would push a whole
// day out of both files.
var minAudit byteSize = 1 << 20

func (c *config) validateLogs() error {
	switch {
	case c.accessLog == "":
		return errors.New("-access-log: must be a file, - or off")
	case c.auditSize != 0 && c.auditSize < minAudit:
		return fmt.Errorf("-audit-size: must be 0 or at least %s, not %s", &minAudit, &c.auditSize)
	}
	return nil
}

// auditPath is where the audit log goes.
func (c *config) auditPath() string {
	if c.auditLog == "" {
		return filepath.Join(c.data, "audit.log")
	}
	return c.auditLog
}

// openLog opens the destination of a log: nil for off, standard output for -,
// else a file that SIGHUP opens anew, of at most limit bytes with the one before it;
// 0: without a limit.
func (n *node) openLog(name, path string, limit byteSize) (io.Writer, error) {
	switch path {
	case off:
		return nil, nil
	case "-":
		return os.Stdout, nil
	}
	l := &logs.File{Path: path, Limit: int64(limit)}
	if err := l.Open(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n.reloads = append(n.reloads, l.Open)
	n.atEnd(l.Close)
	return l, nil
}

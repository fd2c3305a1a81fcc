package main

import (
	"errors"
	"flag"
	"fmt"
)

// auditFlags adds the flags of the audit log.
func (c *config) auditFlags(f *flag.FlagSet) {
	f.StringVar(&c.AuditLog, "audit-log", c.AuditLog,
		"`FILE` for a JSON line per API call, - for standard output, or off (default\n"+
			"audit.log in the data directory). SIGHUP reopens the file")
	f.Var((*byteSize)(&c.AuditSize), "audit-size",
		"`SIZE`, as 256MiB, that the audit log may take: at half of it FILE is renamed to\n"+
			"FILE.1, which replaces the previous one. At least 1MiB; 0: no limit")
}

// minAudit is the size of some thousand lines: with less, a failing client would remove
// the lines of a whole day from both files.
const minAudit byteSize = 1 << 20

func (c *config) validateLogs() error {
	switch {
	case c.AccessLog == "":
		return errors.New("-access-log: must be a file, - or off")
	case c.AuditSize != 0 && c.AuditSize < int64(minAudit):
		return fmt.Errorf("-audit-size: must be 0 or at least %s, not %s", minAudit, byteSize(c.AuditSize))
	}
	return nil
}

package exchange

import (
	"sync/atomic"
	"time"
)

// A dateField caches the rendered Date field of the current second for all exchanges.
type dateField struct {
	current atomic.Pointer[renderedDate]
}

type renderedDate struct {
	unix int64
	line []byte // the whole field line, including CRLF
}

// appendField appends the field. When a second begins, several connections may render
// it concurrently; the last store wins, and all results are correct.
func (d *dateField) appendField(dst []byte) []byte {
	return append(dst, d.rendered()...)
}

// value returns the value of the field. The caller must not modify it.
func (d *dateField) value() []byte {
	line := d.rendered()
	return line[len("Date: ") : len(line)-len("\r\n")]
}

func (d *dateField) rendered() []byte {
	t := time.Now()
	r := d.current.Load()
	if r == nil || r.unix != t.Unix() {
		line := append([]byte(nil), "Date: "...)
		line = t.UTC().AppendFormat(line, "Mon, 02 Jan 2006 15:04:05 GMT\r\n")
		r = &renderedDate{t.Unix(), line}
		d.current.Store(r)
	}
	return r.line
}

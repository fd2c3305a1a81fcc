package exchange

import (
	"sync/atomic"
	"time"
)

// A dateField is the Date field of this second, rendered once for all.
type dateField struct {
	current atomic.Pointer[renderedDate]
}

type renderedDate struct {
	unix int64
	line []byte // with name and line end
}

// appendField appends the field. A few connections may render it at the turn of
// a second; one of them wins, and all are right.
func (d *dateField) appendField(dst []byte) []byte {
	return append(dst, d.rendered()...)
}

// value returns the value of the field. Nobody writes to it.
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

package socket

import (
	"errors"
	"os"
	"time"
)

// A deadline is that of one direction. What is armed in the runtime may be
// earlier than what is due: an operation that times out before it is due arms
// again and goes on.
type deadline struct {
	due   Instant // 0: none
	armed Instant // what the runtime has, or had; 0: nothing
	set   func(time.Time) error
}

// arm makes sure that the operation about to start ends at due or before.
func (d *deadline) arm() error {
	switch {
	case d.due == d.armed:
		return nil
	case d.due == 0:
		d.armed = 0
		return d.set(time.Time{})
	case d.armed <= d.due && d.armed > Now():
		return nil
	}
	d.armed = d.due
	return d.set(d.due.Time())
}

// again reports whether the operation that ended with err is to be repeated,
// because err is only an armed time that came before what is due. It has moved
// the armed time then.
func (d *deadline) again(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || d.due != 0 && d.due <= Now() {
		return false
	}
	d.armed = d.due
	if d.due == 0 {
		return d.set(time.Time{}) == nil
	}
	return d.set(d.due.Time()) == nil
}

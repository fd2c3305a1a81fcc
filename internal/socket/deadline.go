package socket

import (
	"errors"
	"os"
	"time"
)

// A deadline is the deadline of one direction. The time armed in the runtime may
// be earlier than due: an operation that times out before due arms again and
// continues.
type deadline struct {
	due   Instant // 0: none
	armed Instant // the runtime's deadline, possibly passed; 0: none
	set   func(time.Time) error
}

// arm ensures that the operation about to start ends at due or earlier.
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

// again reports whether the operation that ended with err must be repeated,
// because the armed time came before due. Then it has armed the next time.
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

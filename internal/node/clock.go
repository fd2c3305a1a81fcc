package node

import (
	"fmt"
	"time"
)

const (
	// clockAhead is the time since the last write to a data directory beyond which a start
	// warns of its clock. A node may really have been off for that long, and nothing that
	// expired is deleted during the first day.
	clockAhead = 7 * 24 * time.Hour

	// clockBehind is how far the clock may be before the last write without a warning: the
	// clocks of nodes and clients may differ by 15 minutes.
	clockBehind = 15 * time.Minute

	// clockWarning is how long after its start a process reports the jump in /healthz.
	clockWarning = 24 * time.Hour
)

// checkClock returns an error if the clock has jumped since the last write to a data
// directory.
func checkClock(last, now time.Time) error {
	gap := now.Sub(last)
	switch {
	case last.IsZero():
		return nil
	case gap > clockAhead:
		return fmt.Errorf("the clock is %d days after the last write to the data directory: if the node was not off for so long, set it right", gap/(24*time.Hour))
	case gap < -clockBehind:
		return fmt.Errorf("the clock is %s before the last write to the data directory: set it right", (-gap).Round(time.Minute))
	}
	return nil
}

package node

import (
	"fmt"
	"time"
)

const (
	// clockAhead is how long after the last write to a data directory a clock is
	// worth a word. A node may have been off for so long; nothing is deleted on the
	// first day after.
	clockAhead = 7 * 24 * time.Hour

	// clockBehind is how far before that: nodes of a cluster, and clients, may be
	// apart by 15 minutes.
	clockBehind = 15 * time.Minute

	// clockWarning is how long a process says so in /healthz.
	clockWarning = 24 * time.Hour
)

// checkClock tells if a clock has jumped since the last write to a data directory.
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

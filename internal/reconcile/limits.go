package reconcile

import "time"

const (
	// passGap is the minimum time between the starts of two passes. A hint after
	// a quiet moment is handled at once; a stream of calls causes at most a
	// hundred passes a second. A started listener must serve 50 ms after the
	// answer to the call.
	passGap = 10 * time.Millisecond

	// sweepGap is how long sweep waits after a drain has ended: the drains of ten
	// thousand listeners that end within it cause one scan of all units.
	sweepGap = 100 * time.Millisecond

	// reportGap is the minimum time between reports to the store, which cost a
	// disk write. A start with a thousand backends has its first verdicts within
	// some 100 ms: they become a few transactions.
	reportGap = 50 * time.Millisecond

	// reportSize bounds a report, in listeners and backends together; it contains
	// at least one listener with all its backends. With reportGap it allows
	// reporting 20,000 of them a second, some 4 MB: backends that all go up and
	// down all the time cannot fill the store, which keeps overwritten values for
	// up to two minutes. And what one report has written is not repeated when a
	// later one fails.
	reportSize = 1000

	// reportTimeout bounds one report. The store gives up earlier.
	reportTimeout = 10 * time.Second

	// A listener that could not be applied is retried after retryFirst, then
	// after twice as long each time up to retryLast: a port that another program
	// has just released is taken soon, and one that stays in use costs nothing.
	// The same pauses apply to reports that the store did not accept.
	retryFirst = 500 * time.Millisecond
	retryLast  = 10 * time.Second

	// firstNames is how long the first pass waits for DNS. Most answers take some
	// milliseconds; other backends must not wait for a server that is down.
	firstNames = time.Second

	// stallTime is the duration of a pass from which health reports that the loop
	// has stalled. A pass that opens ten thousand listeners takes seconds.
	stallTime = time.Minute
)

// pause is the time until the next attempt after so many failed ones.
func pause(tries int) time.Duration {
	d := retryFirst
	for range tries - 1 {
		if d = 2 * d; d >= retryLast {
			return retryLast
		}
	}
	return d
}

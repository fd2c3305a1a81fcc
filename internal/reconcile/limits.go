package reconcile

import "time"

const (
	// passGap is the least time from the start of one pass to that of the next.
	// A hint after a quiet moment is acted on at once; a stream of calls costs at
	// most a hundred passes a second. A started listener has to serve 50 ms
	// after the answer to the call.
	passGap = 10 * time.Millisecond

	// sweepGap is how long what an ended drain alone needed may stay: the drains
	// of ten thousand listeners that end within it are one look at all units.
	sweepGap = 100 * time.Millisecond

	// reportGap is the same for reports to the store, which cost a write to
	// disk. A start with a thousand backends has its first verdicts within some
	// 100 ms: they become a few transactions.
	reportGap = 50 * time.Millisecond

	// reportSize bounds a report, listeners and backends together, one listener
	// with all its backends at least. With reportGap it lets 20,000 of them be told
	// a second, some 4 MB: backends that all go up and down all the time cannot fill
	// the store, which keeps what was overwritten for up to two minutes. And what
	// one report has told is not told again because a later one fails.
	reportSize = 1000

	// reportTimeout bounds one report. The store gives up earlier.
	reportTimeout = 10 * time.Second

	// A listener that could not be applied is tried again after retryFirst, then
	// after twice as long each time up to retryLast: a port that somebody else
	// just let go is taken soon, and one that stays taken costs nothing. The same
	// pauses lie between reports that the store did not take.
	retryFirst = 500 * time.Millisecond
	retryLast  = 10 * time.Second

	// stallTime is how long one pass may take before health says that the loop
	// stands still. One that opens ten thousand listeners takes seconds.
	stallTime = time.Minute
)

// pause is how long to wait before the next try after so many that failed.
func pause(tries int) time.Duration {
	d := retryFirst
	for range tries - 1 {
		if d = 2 * d; d >= retryLast {
			return retryLast
		}
	}
	return d
}

package embedded

import "time"

const (
	// electEvery is how often a starting member checks whether it can elect itself. It can
	// when raft reports that the entries of the log were applied, after a sync of the
	// disk. An earlier election would look for entries that etcd may have dropped, which
	// ends the start (etcd 3.7.3, "error scanning unapplied entries"): on a loaded machine
	// an election 0.1 s after the start failed like that.
	electEvery = 20 * time.Millisecond

	// electTimeout bounds a request for an election, which is repeated if it fails.
	electTimeout = 100 * time.Millisecond

	// These determine raft's own election, which no start waits for: it comes after
	// electionTicks to twice as many ticks, less two of them that etcd skips whatever its
	// options say (findings/etcd-single-ticks.sh). If a start
	// had to wait for it, ticks would have to be short. With ticks of 50 ms a node without
	// traffic took 4.4 ms of CPU time a second, with these it takes 2.7.
	tick          = 250 * time.Millisecond
	electionTicks = 3

	// startTimeout bounds a start: a large log on a slow disk takes seconds, and
	// a start that takes longer than this does not succeed.
	startTimeout = time.Minute

	// stopTimeout bounds a stop, which takes some 10 ms and a sync of the disk.
	stopTimeout = 10 * time.Second

	// catchUpEntries is the number of applied entries of the log that stay in memory. They serve
	// other members, of which there are none; etcd's default of 5,000 takes 6 MiB, reached
	// after nine minutes of ten calls a second.
	catchUpEntries = 500

	// compactAfter is how long old revisions are kept at least; at most it is twice that.
	// A watch that falls further behind lists again, so this only bounds the size of the
	// file and, because the file is mapped, of memory: 0.8 KiB for a revision. With five
	// minutes, resident memory rose by 22 MiB in ten minutes of ten calls a second.
	compactAfter = time.Minute

	// maxTxnOps is etcd's limit of operations in one transaction. Its default of
	// 128 is doubled for a transaction over 100 listeners with their compares.
	maxTxnOps = 256

	// maxRequestBytes bounds one transaction. A certificate chain is at most
	// some 100 KiB; etcd's default is 1.5 MiB.
	maxRequestBytes = 3 << 19

	// slowCall is the duration from which etcd logs a call as slow: a disk that
	// takes this long to sync will soon be a problem.
	slowCall = 500 * time.Millisecond

	// DefaultQuota is etcd's default: 2 GiB. A thousand load balancers with a
	// listener each take 4 MiB.
	DefaultQuota = 2 << 30

	// spaceInterval is the interval of checks of the sizes. At 100 calls a second
	// and 10 KiB a call the database grows by 10 MiB in between, well under the
	// distance of nearlyFull to full.
	spaceInterval = 10 * time.Second

	// nearlyFull is the percentage of the quota from which the member warns.
	nearlyFull = 80

	// lowDisk is the free space of the file system below which the member warns,
	// and minDisk the one below which it refuses writes. etcd fails for good when
	// a write finds no space, so writes stop before; minDisk is enough for the
	// database pages and log segments in flight.
	lowDisk = 512 << 20
	minDisk = 64 << 20
)

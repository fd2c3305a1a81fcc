package store

import "time"

const (
	// callTimeout bounds one Update or View with all its retries, and each
	// transaction of a report. etcd answers in under a millisecond; a client waits
	// some 10 s for an answer.
	callTimeout = 5 * time.Second

	// reindexTimeout bounds building the indexes when a store is opened. With
	// 100,000 attachments it takes a second, or several if they have to be
	// written.
	reindexTimeout = time.Minute

	// maxForgotten is the number of listeners that are looked up when their load balancer
	// is deleted: the index entries of their certificates must be removed within
	// one transaction.
	maxForgotten = 64

	// maxTries bounds the attempts of one Update. From the second on a process
	// makes one at a time, so that only other processes can still conflict.
	maxTries = 16

	// statusTTL is how long the status of a node that died is still reported.
	statusTTL = 10 * time.Second

	// statusBatch is the number of statuses that go into one transaction, under etcd's
	// default limit of 128 operations, and statusBytes their maximum total
	// length, under its default limit of 1.5 MiB with room for the transaction
	// itself. A status has some 150 bytes per backend, twice that with the reason
	// why a backend is down, and a load balancer at most 500 of them.
	statusBatch = 100
	statusBytes = 1 << 20

	// maxReason is how much of a reason is kept if it does not fit as a whole, in
	// bytes.
	maxReason = 1 << 10

	// TokenLife is the minimum time for which a ClientToken is remembered: six
	// times the ten minutes that the API documents. The maximum is twice as long.
	TokenLife = time.Hour

	// The pause before a broken watch or lease is set up again grows from
	// retryFirst to retryLast.
	retryFirst = 50 * time.Millisecond
	retryLast  = 2 * time.Second

	// rotationGap is the longest time between two checks of the session keys:
	// after a clock was set, or the machine slept, a rotation is late by no more.
	rotationGap = time.Hour

	// rotationRetryLast is the maximum pause between two attempts that the store
	// refuses. The next key has existed for a whole period.
	rotationRetryLast = time.Minute
)

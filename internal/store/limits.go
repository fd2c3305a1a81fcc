package store

import "time"

const (
	// callTimeout bounds one Update or View with all its retries, and each
	// transaction of a report. etcd answers in under a millisecond; a client waits
	// some 10 s for an answer.
	callTimeout = 5 * time.Second

	// reindexTimeout bounds the making of the indexes when a store is opened. With
	// 100,000 attachments it takes a second, or several if they have to be written.
	reindexTimeout = time.Minute

	// maxForgotten is how many listeners of a load balancer are looked at when it is
	// deleted: their certificates have to be written off within one transaction.
	maxForgotten = 64

	// maxTries bounds the tries of one Update. From the second on a process makes
	// one at a time, so that only other processes can still come first.
	maxTries = 16

	// statusTTL is how long the status of a node that died is still told.
	statusTTL = 10 * time.Second

	// statusBatch is how many statuses go into one transaction, under etcd's
	// default limit of 128 operations, and statusBytes how long they may be in all,
	// under its default limit of 1.5 MiB with room for what the transaction itself
	// takes. A status has some 150 bytes a backend, twice that with the reason why a
	// backend is down, and a load balancer at most 500 of them.
	statusBatch = 100
	statusBytes = 1 << 20

	// maxReason is how much is told of a reason that does not fit as a whole.
	maxReason = 1 << 10

	// TokenLife is how long a ClientToken is remembered at least: six times the
	// ten minutes that the API documents. It is remembered at most twice as long.
	TokenLife = time.Hour

	// The pause before a broken watch or lease is set up again grows from
	// retryFirst to retryLast.
	retryFirst = 50 * time.Millisecond
	retryLast  = 2 * time.Second

	// rotationGap is the longest time between two looks at the session keys: a
	// clock that was set, or a machine that slept, is late by no more.
	rotationGap = time.Hour

	// rotationRetryLast is how long the pause between two tries grows that the
	// store does not take. The next key has been there for a whole period.
	rotationRetryLast = time.Minute
)

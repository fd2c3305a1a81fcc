package store

import "time"

const (
	// callTimeout bounds one Update, View or report with all its retries. etcd
	// answers in under a millisecond; a client waits some 10 s for an answer.
	callTimeout = 5 * time.Second

	// maxTries bounds the tries of one Update. From the second on a process makes
	// one at a time, so that only other processes can still come first.
	maxTries = 16

	// statusTTL is how long the status of a node that died is still told.
	statusTTL = 10 * time.Second

	// statusBatch is how many statuses go into one transaction, under etcd's
	// default limit of 128 operations.
	statusBatch = 100

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

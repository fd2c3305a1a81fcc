package names

import (
	"math/rand/v2"
	"time"
)

const (
	// minTTL is the least time between two lookups of a name that resolves. Some
	// servers give a TTL of 0, which means once per use: a name is then looked up
	// every second, however many requests there are.
	minTTL = time.Second

	// maxTTL is the longest time between two lookups. A record with a TTL of a day
	// would otherwise keep a server that has moved in its pools for a day, without
	// any way for the operator of this node to shorten that. A caching resolver
	// answers from its cache until the TTL has passed.
	maxTTL = 5 * time.Minute

	// A lookup that failed is repeated after retryFirst, then after twice as long
	// each time up to retryLast, whether the name does not exist or the server
	// does not answer: a name that was created or corrected is soon in use.
	retryFirst = time.Second
	retryLast  = 30 * time.Second

	// lookupTimeout bounds a lookup, with all servers and attempts. It is shorter
	// than the time that clients wait for the answer to a call.
	lookupTimeout = 8 * time.Second

	// tryTimeout bounds one question to one server, if resolv.conf does not have a
	// shorter timeout. The five seconds that are usual there would take most of a
	// lookup for one server that is down.
	tryTimeout = 2 * time.Second

	// maxLookups is the maximum number of lookups in progress: a node that starts
	// with thousands of names does not flood its resolver.
	maxLookups = 32

	// maxAddresses is the maximum number of addresses of one name that are used:
	// the lowest ones, so that the choice is the same after each lookup. An answer
	// can hold thousands, and each is a backend of every listener.
	maxAddresses = 64

	// maxRecent bounds the answers kept for names that are not watched.
	maxRecent = 1000

	// payload is the UDP size that is offered to servers: it fits into a packet
	// that is not fragmented on any usual path (RFC 9715, 3). A longer answer is
	// fetched over TCP.
	payload = 1232
)

// until is the time from an answer with this TTL to the next lookup: longer by up
// to a tenth at random, so that many names, and many nodes, do not ask together.
func until(ttl, least time.Duration) time.Duration {
	d := min(max(ttl, least), maxTTL)
	return d + rand.N(d/10+1)
}

// pause is the time until the next lookup after so many failed ones.
func pause(tries int) time.Duration {
	d := retryFirst
	for range tries - 1 {
		if d = 2 * d; d >= retryLast {
			d = retryLast
			break
		}
	}
	return d + rand.N(d/10+1)
}

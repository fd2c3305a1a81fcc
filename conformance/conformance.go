// Package conformance holds tests of what elbow is to the servers and clients
// around it: whatever is sent to a listener, by whatever version of HTTP, a
// backend gets requests that every server reads alike, and whatever a backend
// answers, a client gets one answer to each of its requests. The cases are text
// files in testdata; README.md there says how they are written. Start reading at
// TestRequests.
package conformance

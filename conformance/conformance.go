// Package conformance tests elbow against the servers and clients around it. Whatever a
// client sends to a listener, over any version of HTTP, a backend gets requests that every
// server parses alike. Whatever a backend answers, a client gets one answer to each of its
// requests. The cases are text files in testdata, whose README.md describes the format.
// Start reading at TestRequests.
package conformance

package conformance

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"testing"
)

// A sender sends a case to the listener of a rig, in one protocol, followed by one more
// request. It returns the outcome of each request: the status of its final answer, or how
// it was refused. It fails the test unless the connection ended after the last one.
type sender func(t *testing.T, r *rig, c *requestCase) []string

// http1Senders are the senders of HTTP/1.1, by manner of sending.
var http1Senders = map[string]sender{
	"whole":  func(t *testing.T, r *rig, c *requestCase) []string { return sendHTTP1(t, r, c, 1<<20) },
	"pieces": func(t *testing.T, r *rig, c *requestCase) []string { return sendHTTP1(t, r, c, 1+len(c.sent)/1024) },
}

// sendHTTP1 sends the case over HTTP/1.1, with size bytes per TLS record.
func sendHTTP1(t *testing.T, r *rig, c *requestCase, size int) []string {
	conn := r.dial(t)
	defer conn.Close()
	written := make(chan struct{})
	defer func() { <-written }()
	go func() { // ends when everything is sent, or with the connection
		defer close(written)
		writePieces(conn, c, size)
	}()
	br := bufio.NewReader(conn)
	methods := c.methods()
	var statuses []string
	for {
		if _, err := br.Peek(1); err == io.EOF {
			return statuses
		}
		method := "GET"
		if len(statuses) < len(methods) {
			method = methods[len(statuses)]
		}
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
		}
		if err != nil {
			t.Errorf("%s: read answer after %v: %v", c.where, statuses, err)
			return statuses
		}
		if resp.StatusCode >= 200 {
			statuses = append(statuses, strconv.Itoa(resp.StatusCode))
			if resp.StatusCode != 200 && !resp.Close {
				t.Errorf("%s: a refusal does not say that it ends the connection", c.where)
			}
		}
	}
}

// writePieces writes the case and the request after it, until a write fails.
func writePieces(conn *tls.Conn, c *requestCase, size int) {
	raw := c.sent
	if !c.cutShort {
		raw = append(raw[:len(raw):len(raw)], behind...)
	}
	for len(raw) > 0 {
		n, err := conn.Write(raw[:min(size, len(raw))])
		if err != nil {
			return
		}
		raw = raw[n:]
	}
	if c.cutShort {
		_ = conn.CloseWrite() // fails if the other side has closed the connection
	}
}

// methods returns the methods of the requests, as far as the framing of the answers
// depends on them.
func (c *requestCase) methods() (methods []string) {
	for _, a := range c.arrivals {
		methods = append(methods, a.Method)
	}
	if len(methods) == 0 && string(c.sent[:min(5, len(c.sent))]) == "HEAD " {
		methods = append(methods, "HEAD")
	}
	return methods
}

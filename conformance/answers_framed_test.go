package conformance

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// message returns the request of the case as a message of HTTP/2 and HTTP/3; nil if it has
// no equivalent there.
func (c *answerCase) message() *message {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.sent)))
	if err != nil || req.ProtoMinor == 0 || req.Header.Get("Upgrade") != "" || c.plain {
		return nil
	}
	m := &message{head: []field{
		{":method", req.Method}, {":scheme", "https"}, {":authority", req.Host}, {":path", req.RequestURI},
	}}
	for name, values := range req.Header { // ReadRequest has removed the framing fields
		m.head = append(m.head, field{strings.ToLower(name), values[0]})
	}
	body, err := io.ReadAll(req.Body)
	if m.open = err != nil; m.open || len(body) > 0 { // the body is incomplete
		m.data = []string{string(body)}
	}
	return m
}

// nextMessage is next as a message of HTTP/2 and HTTP/3.
var nextMessage = &message{head: []field{
	{":method", "POST"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/next"},
}}

// runFramed runs the case for a client of HTTP/2 or HTTP/3. The client's connection stays
// open, whatever the backend does.
func (c *answerCase) runFramed(t *testing.T, m *message, dial func(*rig) caller) {
	r, end := c.serve(t, max(len(c.reply), 1))
	defer end()

	client := dial(r)
	defer client.close()
	a, gone := client.ask(m)
	if gone != "" {
		t.Fatalf("%s: the connection ends: %s", c.where, gone)
	}
	c.checkFramed(t, a)
	c.askFramed(t, client)
	other := dial(r)
	defer other.close()
	c.askFramed(t, other)
}

// checkFramed compares the answer that the client received with the case.
func (c *answerCase) checkFramed(t *testing.T, a *answer) {
	t.Helper()
	outcomes := a.outcomes()
	if c.cut && a.status == 0 && len(outcomes) == 1 {
		return // a reset of a QUIC stream may overtake the data before it
	}
	if a.status != c.status || a.body != c.body && c.status < 400 && !c.cut || !strings.HasPrefix(c.body, a.body) && c.cut {
		t.Errorf("%s: got %d %.200q, want %d %.200q", c.where, a.status, a.body, c.status, c.body)
	}
	if (len(outcomes) > 1) != c.cut {
		t.Errorf("%s: the stream ended with %q", c.where, a.code)
	}
	if !slices.Equal(a.interim, c.interim) {
		t.Errorf("%s: got interim answers %v, want %v", c.where, a.interim, c.interim)
	}
	var head strings.Builder
	for _, f := range slices.Concat(a.head, a.trailers) {
		head.WriteString("\r\n" + f.name + ": " + f.value)
	}
	c.checkFields(t, head.String()+"\r\n")
}

// askFramed does what ask does, over HTTP/2 or HTTP/3.
func (c *answerCase) askFramed(t *testing.T, client caller) {
	t.Helper()
	if a, gone := client.ask(nextMessage); gone != "" || a.status != 200 || a.body != "next" {
		t.Errorf("%s: the next answer is %d %q, %s%s", c.where, a.status, a.body, a.code, gone)
	}
}

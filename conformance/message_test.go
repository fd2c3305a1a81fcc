package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A field is a pair as it is sent over HTTP/2 and HTTP/3, valid or not.
type field struct{ name, value string }

// A message is a request as it is sent over HTTP/2 and HTTP/3.
type message struct {
	head     []field
	data     []string // the payload of each DATA frame
	trailers []field  // nil: none
	open     bool     // the stream is not ended
}

// usual are the pseudo-header fields of a request whose case does not set them.
var usual = []field{{":method", "GET"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/x"}}

// behindMessage is behind as a message of HTTP/2 and HTTP/3.
var behindMessage = &message{head: []field{
	{":method", "GET"}, {":scheme", "https"}, {":authority", "behind.test"}, {":path", "/behind"},
}}

// newFieldCase reads a case of testdata/fields.
func newFieldCase(b *block) (*requestCase, error) {
	c := &requestCase{block: b, stricter: make(map[string]string), framed: true, msg: new(message)}
	bare, section := false, &c.msg.head
	for _, line := range b.lines {
		text, isField := strings.CutPrefix(line, "> ")
		word, rest, _ := strings.Cut(line, " ")
		rest, err := expand(rest)
		switch {
		case err != nil:
		case isField:
			var f field
			f, err = parseField(text)
			*section = append(*section, f)
		case word == "bare":
			bare = true
		case word == "data":
			c.msg.data = append(c.msg.data, rest)
		case word == "trailers":
			c.msg.trailers = []field{}
			section = &c.msg.trailers
		default:
			err = c.apply(rule{word, rest})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", b.where, line, err)
		}
	}
	if !bare {
		c.msg.head = append(c.msg.missing(), c.msg.head...)
	}
	if len(c.outcomes) == 0 {
		return nil, fmt.Errorf("%s: nothing is expected", b.where)
	}
	return c, nil
}

// missing returns the usual pseudo-header fields that the head lacks.
func (m *message) missing() (fields []field) {
	for _, u := range usual {
		if !slices.ContainsFunc(m.head, func(f field) bool { return f.name == u.name }) {
			fields = append(fields, u)
		}
	}
	return fields
}

// parseField parses "name: value"; the name may be empty, or begin with a colon.
func parseField(line string) (f field, err error) {
	i := 0
	if !strings.HasPrefix(line, ": ") {
		if i = strings.Index(line, ": "); i < 0 {
			return f, fmt.Errorf("no field: %q", line)
		}
	}
	if f.name, err = expand(line[:i]); err == nil {
		f.value, err = expand(line[i+2:])
	}
	return f, err
}

// An answer holds the response that a client received on the stream of a request.
type answer struct {
	interim  []int
	status   int     // 0: no final head has come
	head     []field // without :status
	body     string
	trailers []field
	ended    bool   // the stream has ended
	code     string // error code of its reset; "": it was not reset
}

// outcomes returns the answer in the words of the cases: the status, if a final head has
// arrived, and the error code, if the stream was reset.
func (a *answer) outcomes() (all []string) {
	if a.status != 0 {
		all = append(all, strconv.Itoa(a.status))
	}
	switch a.code {
	case "", "NO_ERROR", "H3_NO_ERROR": // a reset with it only stops the upload
	case "PROTOCOL_ERROR", "H3_MESSAGE_ERROR":
		all = append(all, malformed)
	default:
		all = append(all, a.code)
	}
	return all
}

// malformed stands in cases for the error code of a malformed request, in both versions.
const malformed = "malformed"

// ended is the prefix of the outcome of a request whose connection ended.
const ended = "connection ended: "

// take checks and records a field section.
func (a *answer) take(t *testing.T, section []field) {
	t.Helper()
	trailers := a.status != 0
	for i, f := range section {
		pseudo := f.name == ":status" && i == 0 && !trailers
		if !pseudo && (f.name == "" || strings.ContainsAny(f.name, " \t:\"(),/;<=>?@[\\]{}") || strings.ToLower(f.name) != f.name ||
			controls(f.name+"\r\n")) || controls(f.value+"\r\n") || strings.TrimSpace(f.value) != f.value {
			t.Errorf("the client gets the field %q", f)
		}
		if slices.Contains(ofConnections, f.name) {
			t.Errorf("the client gets %q, which is of connections of HTTP/1.1", f)
		}
	}
	if trailers {
		a.trailers = section
		return
	}
	if len(section) == 0 || section[0].name != ":status" || len(section[0].value) != 3 {
		t.Errorf("the client gets a head without a status: %q", section)
		return
	}
	status, err := strconv.Atoi(section[0].value)
	switch {
	case err != nil:
		t.Errorf("the client gets the status %q", section[0].value)
	case status < 200:
		a.interim = append(a.interim, status)
	default:
		a.status, a.head = status, section[1:]
	}
}

// ofConnections are the connection-specific fields, which HTTP/2 and HTTP/3 do not allow
// (RFC 9113, 8.2.2, and RFC 9114, 4.2).
var ofConnections = []string{"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}

// A caller is a connection to a listener that sends messages as they are.
type caller interface {
	// ask sends a request and returns its answer, and how the connection ended; "" if it
	// is open.
	ask(m *message) (a *answer, gone string)
	close()
}

// sendMessage sends the case over c, and then behindMessage.
func sendMessage(c caller, rc *requestCase) (outcomes []string) {
	defer c.close()
	for _, m := range []*message{rc.msg, behindMessage} {
		a, gone := c.ask(m)
		if gone != "" {
			return append(outcomes, ended+gone)
		}
		outcomes = append(outcomes, a.outcomes()...)
	}
	return outcomes
}

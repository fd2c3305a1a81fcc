package proxy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"elbow/internal/accesslog"
	"elbow/internal/leak"
)

// A line has all fields, and is valid JSON whatever the client has sent.
func TestAccessLogLine(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)})
	c := r.dial().send("GET /a\"b\\c?d HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: x\ty \"\xff\xc3\xa9\r\nReferer: https://r/\r\n\r\n")
	c.want(200, "hello")
	line := r.log.next(t)
	for key, want := range map[string]any{
		"lb": "lb-test", "listener": 443.0, "method": "GET", "host": "www.example.com", "path": `/a"b\c?d`,
		"proto": "HTTP/1.1", "status": 200.0, "backend": "a", "agent": "x\ty \"\ufffdé", "referer": "https://r/",
		"client": c.LocalAddr().String(), "side": nil, "err": nil, "retries": nil,
	} {
		if line[key] != want {
			t.Errorf("%s: got %v, want %v", key, line[key], want)
		}
	}
	for _, key := range []string{"time", "in", "out", "connect", "answer", "took"} {
		if line[key] == nil {
			t.Errorf("%s is missing in %v", key, line)
		}
	}
}

// A line has the same content for every version.
func TestAccessLog(t *testing.T) { each(t, testAccessLog) }

func testAccessLog(t *testing.T, v version) {
	r := newRig(t, []string{origin(t, hello)})
	c := r.asker(v)
	c.ask("POST /a?b HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: x\r\nReferer: https://r/\r\nContent-Length: 3\r\n\r\nabc").want(200, "hello")
	line := r.log.next(t)
	for key, want := range map[string]any{
		"lb": "lb-test", "listener": 443.0, "method": "POST", "host": "www.example.com", "path": "/a?b",
		"status": 200.0, "backend": "a", "agent": "x", "referer": "https://r/", "side": nil, "err": nil, "retries": nil,
	} {
		if line[key] != want {
			t.Errorf("%s: got %v, want %v", key, line[key], want)
		}
	}
	if proto, _ := line["proto"].(string); !strings.HasPrefix(proto, string(v)) {
		t.Errorf("got proto %q", proto)
	}
	for _, key := range []string{"time", "in", "out", "connect", "answer", "took"} {
		if n, ok := line[key].(float64); key != "time" && (!ok || n < 0) || line[key] == nil {
			t.Errorf("%s is %v", key, line[key])
		}
	}
	for key, least := range map[string]float64{"in": 3, "out": 5} {
		if n, _ := line[key].(float64); n < least {
			t.Errorf("%s is %v, less than its body", key, n)
		}
	}
}

// The fields of a line are those of the table, in its order, and every field of the table
// occurs in some line.
func TestAccessLogHasTheFieldsOfTheTable(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello), refusing(t)})
	for range 4 {
		r.dial().send("GET / HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: x\r\nReferer: https://r/\r\nConnection: close\r\n\r\n").want(200, "hello")
	}
	// An answer whose receipt is confirmed.
	r.lis.Swap(r.over(origin(t, sized)))
	r.dial().send("GET /100000 HTTP/1.1\r\nHost: www.example.com\r\n\r\n").want(200, "*")
	gone := newRig(t, []string{refusing(t)})
	gone.dial().send("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n").want(502, "502 Bad Gateway\n")
	var names []string
	for _, f := range accesslog.Fields {
		names = append(names, f.Name)
	}
	seen := make(map[string]bool)
	check := func(line []byte) {
		at := -1
		for _, name := range keysOf(t, line) {
			seen[name] = true
			place := slices.Index(names, name)
			if place <= at {
				t.Errorf("%s is not in the table, or not in its place, in %s", name, line)
			}
			at = place
		}
	}
	for range 5 {
		check(r.log.nextText(t))
	}
	check(gone.log.nextText(t))
	for _, name := range names {
		if !seen[name] {
			t.Errorf("no line has %s", name)
		}
	}
}

// keysOf returns the names of the fields of a JSON object, in their order.
func keysOf(t *testing.T, object []byte) (names []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(object))
	for n := 0; ; n++ {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		if token == json.Delim('}') {
			return names
		}
		if n%2 == 1 { // after the brace, names and values alternate
			names = append(names, token.(string))
		}
	}
}

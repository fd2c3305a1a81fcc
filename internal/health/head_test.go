package health

import (
	"strings"
	"testing"

	"elbow/internal/leak"
)

func TestHead(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name, in string
		status   int // 0: not done
		err      error
	}{
		{"usual", "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n", 200, nil},
		{"body behind it", "HTTP/1.1 404 Not Found\r\n\r\n<html>: \r\r\n", 404, nil},
		{"HTTP/1.0", "HTTP/1.0 503 Busy\r\n\r\n", 503, nil},
		{"no reason", "HTTP/1.1 200\r\n\r\n", 200, nil},
		{"empty reason", "HTTP/1.1 200 \r\n\r\n", 200, nil},
		{"bare LF", "HTTP/1.1 200 OK\nServer: x\n\n", 200, nil},
		{"empty value", "HTTP/1.1 200 OK\r\nX:\r\n\r\n", 200, nil},
		{"interim responses", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, nil},
		{"switching protocols is final", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, nil},
		{"highest status", "HTTP/1.1 599 x\r\n\r\n", 599, nil},
		{"no end", "HTTP/1.1 200 OK\r\nServer: x\r\n", 0, nil},
		{"interim response only", "HTTP/1.1 100 Continue\r\n\r\n", 0, nil},
		{"nothing", "", 0, nil},

		{"HTTP/2", "HTTP/2 200\r\n\r\n", 0, errNotHTTP},
		{"HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", 0, errNotHTTP},
		{"lower case", "http/1.1 200 OK\r\n\r\n", 0, errNotHTTP},
		{"SSH", "SSH-2.0-OpenSSH_9.9\r\n", 0, errNotHTTP},
		{"a page without a head", "<!doctype html>\n", 0, errNotHTTP},
		{"an empty line", "\r\n", 0, errNotHTTP},
		{"status of two digits", "HTTP/1.1 20\r\n\r\n", 0, errNotHTTP},
		{"status of four digits", "HTTP/1.1 2000\r\n\r\n", 0, errNotHTTP},
		{"status 0", "HTTP/1.1 099 x\r\n\r\n", 0, errNotHTTP},
		{"status 600", "HTTP/1.1 600 x\r\n\r\n", 0, errNotHTTP},
		{"two spaces", "HTTP/1.1  200 OK\r\n\r\n", 0, errNotHTTP},
		{"CR in the status line", "HTTP/1.1 200\rOK\r\n\r\n", 0, errNotHTTP},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x46", 0, errTLS},
		{"TLS handshake", "\x16\x03\x03\x00\x02", 0, errTLS},
		{"line without a colon", "HTTP/1.1 200 OK\r\nServer\r\n\r\n", 0, errBadField},
		{"line without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", 0, errBadField},
		{"folded line", "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n", 0, errBadField},
		{"CR in a line", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", 0, errBadField},
		{"garbage behind the interim response", "HTTP/1.1 100 Continue\r\n\r\ngarbage", 0, errNotHTTP},
		{"endless line", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", maxHeadBytes), 0, errTooLong},
		{"endless fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", maxHeadBytes/6), 0, errTooLong},
		{"endless interim responses", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxHeadBytes/25+1), 0, errTooLong},
	} {
		var whole head
		done, err := whole.add([]byte(tt.in))
		if err != tt.err || done != (tt.status != 0) || done && whole.status != tt.status {
			t.Errorf("%s: got done %v, status %d, %v, want status %d, %v", tt.name, done, whole.status, err, tt.status, tt.err)
		}
		if done, status, err := byteByByte([]byte(tt.in)); err != tt.err || done != (tt.status != 0) || done && status != tt.status {
			t.Errorf("%s, byte by byte: got done %v, status %d, %v, want status %d, %v", tt.name, done, status, err, tt.status, tt.err)
		}
	}
}

func byteByByte(in []byte) (done bool, status int, err error) {
	var h head
	for i := range in {
		if done, err = h.add(in[i : i+1]); done || err != nil {
			break
		}
	}
	return done, h.status, err
}

// A head cut off anywhere is neither done nor an error.
func TestHeadTruncated(t *testing.T) {
	leak.Check(t)
	const whole = "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
	for n := range len(whole) {
		var h head
		if done, err := h.add([]byte(whole[:n])); done || err != nil {
			t.Errorf("%q: got done %v, %v", whole[:n], done, err)
		}
	}
}

func TestHeadDoesNotAllocate(t *testing.T) {
	leak.Check(t)
	in := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n")
	if n := testing.AllocsPerRun(100, func() {
		var h head
		_, _ = h.add(in)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// However the bytes are split into reads, the result is the same, and a resulting
// status has an index in Success.
func FuzzHead(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 503\n\n"))
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x46"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var h head
		done, err := h.add(in)
		done1, status1, err1 := byteByByte(in)
		if done != done1 || err != err1 || done && h.status != status1 {
			t.Errorf("%q: whole %v %d %v, byte by byte %v %d %v", in, done, h.status, err, done1, status1, err1)
		}
		if done && (h.status < 101 || h.status > 599) {
			t.Errorf("%q: status %d", in, h.status)
		}
	})
}

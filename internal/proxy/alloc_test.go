package proxy

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/http2"

	"elbow/internal/leak"
)

// In steady state a request allocates nothing on a plain listener, and under TLS only
// a reader of 24 bytes inside of crypto/tls. The allocations of the whole process are
// counted, so the client and the backend here allocate nothing either.
func TestAllocations(t *testing.T) {
	leak.Check(t)
	if raceDetector {
		t.Skip("pools drop things under the race detector")
	}
	for _, tt := range []struct {
		name     string
		settings []setting
		max      float64
	}{
		{"plain", []setting{plain}, 0},
		{"TLS", nil, 2}, // one for the client's own crypto/tls
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, []string{frugal(t)}, tt.settings...)
			c := r.dial()
			request := []byte("GET /a?b=c HTTP/1.1\r\nHost: elbow.test\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n")
			answer := make([]byte, 4<<10)
			exchange := func() {
				if _, err := c.Write(request); err != nil {
					t.Fatal(err)
				}
				for n := 0; n < len(frugalAnswer); {
					m, err := c.Conn.Read(answer)
					if err != nil {
						t.Fatal(err)
					}
					n += m
				}
			}
			for range 100 { // until pools and slices have their final size
				exchange()
			}
			if got := testing.AllocsPerRun(2000, exchange); got > tt.max {
				t.Errorf("got %v allocations a request, want at most %v", got, tt.max)
			}
		})
	}
}

// A request over HTTP/2 allocates nothing either, except for two objects in
// crypto/tls.
func TestH2Allocations(t *testing.T) {
	leak.Check(t)
	if raceDetector {
		t.Skip("pools drop things under the race detector")
	}
	r := newRig(t, []string{frugal(t)})
	c := r.dialFrames()
	c.wantStatus(c.open(true, "user-agent: test", "accept: */*"), "200")
	block := c.block("user-agent: test", "accept: */*") // all fields are in the dynamic table now
	request := append([]byte{0, 0, byte(len(block)), byte(http2.FrameHeaders), byte(http2.FlagHeadersEndStream | http2.FlagHeadersEndHeaders), 0, 0, 0, 0}, block...)
	answer := make([]byte, 4<<10)
	next := uint32(3)
	exchange := func() {
		binary.BigEndian.PutUint32(request[5:], next)
		next += 2
		if _, err := c.Conn.Write(request); err != nil {
			t.Fatal(err)
		}
		for ended := false; !ended; { // an answer is one record, with or without WINDOW_UPDATE
			n, err := c.Conn.Read(answer)
			if err != nil {
				t.Fatal(err)
			}
			ended = n >= len("hello") && string(answer[n-len("hello"):n]) == "hello"
		}
	}
	for range 100 { // until pools and slices have their final size
		exchange()
	}
	// All answers together exceed the initial window of the connection.
	c.ok(c.WriteWindowUpdate(0, 1<<20))
	if got := testing.AllocsPerRun(2000, exchange); got > 2 {
		t.Errorf("got %v allocations a request, want at most 2", got)
	}
}

const frugalAnswer = "HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello"

// frugal is a backend that allocates nothing.
func frugal(t testing.TB) string {
	return scripted(t, func(_ int, p *peer) {
		in, out := make([]byte, 4<<10), []byte(frugalAnswer)
		for {
			if _, err := p.TCPConn.Read(in); err != nil {
				return
			}
			if _, err := p.Write(out); err != nil {
				return
			}
		}
	})
}

package proxy

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/net/http2"

	"elbow/internal/leak"
)

// A gRPC call allocates only two objects, in crypto/tls, although it uses streams of two
// connections and ends with trailers.
func TestCallAllocations(t *testing.T) {
	leak.Check(t)
	if raceDetector {
		t.Skip("pools drop things under the race detector")
	}
	r := newRig(t, []string{frugal2(t)})
	c := r.dialFrames()
	fields := []string{":method: POST", "content-type: application/grpc", "te: trailers", "user-agent: test"}
	c.open(true, fields...)
	for ended := false; !ended; {
		f, ok := c.frame().(*http2.MetaHeadersFrame)
		ended = ok && f.StreamEnded()
	}
	block := c.block(fields...) // all fields are in the dynamic table now
	request := appendFrame(nil, http2.FrameHeaders, http2.FlagHeadersEndHeaders, string(block))
	data := len(request)
	request = appendFrame(request, http2.FrameData, http2.FlagDataEndStream, "\x00\x00\x00\x00\x00")
	answer := make([]byte, 4<<10)
	next := uint32(3)
	exchange := func() {
		binary.BigEndian.PutUint32(request[5:], next)
		binary.BigEndian.PutUint32(request[data+5:], next)
		next += 2
		if _, err := c.Conn.Write(request); err != nil {
			t.Fatal(err)
		}
		for ended := false; !ended; {
			n, err := c.Conn.Read(answer)
			if err != nil {
				t.Fatal(err)
			}
			ended = bytes.Contains(answer[:n], []byte("grpc-status\x010"))
		}
	}
	for range 100 { // until pools and slices have their final size
		exchange()
	}
	// All calls together exceed the initial windows.
	c.ok(c.WriteWindowUpdate(0, 1<<20))
	if got := testing.AllocsPerRun(2000, exchange); got > 2 {
		t.Errorf("got %v allocations a call, want at most 2", got)
	}
}

// appendFrame appends a frame of stream 0.
func appendFrame(b []byte, kind http2.FrameType, flags http2.Flags, payload string) []byte {
	b = append(b, 0, byte(len(payload)>>8), byte(len(payload)), byte(kind), byte(flags), 0, 0, 0, 0)
	return append(b, payload...)
}

// frugal2 is a backend that answers every call with the same message, and
// allocates nothing.
func frugal2(t testing.TB) string {
	return scripted(t, func(_ int, p *peer) {
		in, out := make([]byte, 64<<10), appendFrame(nil, http2.FrameSettings, 0, "")
		at := []int{len(out)}
		out = appendFrame(out, http2.FrameHeaders, http2.FlagHeadersEndHeaders, "\x88\x0f\x10\x10application/grpc")
		at = append(at, len(out))
		out = appendFrame(out, http2.FrameData, 0, "\x00\x00\x00\x00\x00")
		at = append(at, len(out))
		out = appendFrame(out, http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, "\x00\x0bgrpc-status\x010")
		greeted := at[0]
		if _, err := p.Write(out[:greeted]); err != nil {
			return
		}
		skip := len(http2.ClientPreface)
		for n := 0; ; {
			m, err := p.TCPConn.Read(in[n:])
			if err != nil {
				return
			}
			n += m
			for used := 0; ; {
				b := in[used:n]
				if skip > 0 && len(b) >= skip {
					used, skip = used+skip, 0
					continue
				}
				if skip > 0 || len(b) < 9 || len(b) < 9+int(b[1])<<8+int(b[2]) {
					n = copy(in, b)
					break
				}
				used += 9 + int(b[1])<<8 + int(b[2])
				if http2.FrameType(b[3]) != http2.FrameData || http2.Flags(b[4])&http2.FlagDataEndStream == 0 {
					continue
				}
				for _, i := range at {
					copy(out[i+5:], b[5:9])
				}
				if _, err := p.Write(out[greeted:]); err != nil {
					return
				}
			}
		}
	})
}

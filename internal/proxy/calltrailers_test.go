package proxy

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"elbow/internal/leak"
)

// A client gets the status of a call and as many bytes of the trailers as fit, however
// long they are and wherever the status stands among them, also if the answer consists of
// trailers only.
func TestCallLongTrailers(t *testing.T) {
	leak.Check(t)
	details := func(n int) [2]string { return [2]string{"grpc-status-details-bin", strings.Repeat("a", n)} }
	code, message := [2]string{"grpc-status", "3"}, [2]string{"grpc-message", "no"}
	for _, tt := range []struct {
		name     string
		trailers [][2]string
		details  int // number of bytes of details that the client gets
	}{
		{"9 KiB", [][2]string{code, message, details(9 << 10)}, 9 << 10},
		{"60 KiB", [][2]string{code, message, details(60 << 10)}, 60 << 10},
		{"60 KiB, the status behind", [][2]string{details(60 << 10), message, code}, 60 << 10},
		{"66 KiB", [][2]string{code, message, details(66 << 10)}, 0},
		{"66 KiB, the status behind", [][2]string{details(66 << 10), message, code}, 0},
		{"200 KiB, the status behind", [][2]string{details(200 << 10), message, code}, 0},
		{"250 KiB that do not compress", [][2]string{{"x-first", strings.Repeat("~", 250<<10)}, details(1 << 10), message, code}, 1 << 10},
		{"120 KiB in two fields", [][2]string{{"x-first", strings.Repeat("b", 60<<10)}, details(60 << 10), message, code}, 0},
	} {
		for _, alone := range []bool{false, true} {
			for _, v := range []version{http20, http30} {
				name := string(v) + ", " + tt.name
				if alone {
					name += ", and no body"
				}
				t.Run(name, func(t *testing.T) {
					leak.Check(t)
					testLongTrailers(t, v, tt.trailers, alone, tt.details)
				})
			}
		}
	}
}

func testLongTrailers(t *testing.T, v version, trailers [][2]string, alone bool, details int) {
	head := [][2]string{{":status", "200"}, {"content-type", "application/grpc"}}
	backend := backend2(t, func(_ int, f *http2.Framer) {
		for id := request(f); id > 0; id = request(f) {
			if alone {
				writeBlock(f, id, append(head, trailers...), true)
				continue
			}
			writeBlock(f, id, head, false)
			_ = f.WriteData(id, false, make([]byte, 5))
			writeBlock(f, id, trailers, true)
		}
	})
	r := newRig(t, []string{backend})
	a := r.asker(v)
	for range 2 {
		resp := a.ask("POST /x HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 5\r\nContent-Type: application/grpc\r\n\r\nhello").want(200, "*")
		got := resp.Trailer
		if alone {
			got = resp.Header
		}
		if got.Get("Grpc-Status") != "3" || got.Get("Grpc-Message") != "no" || len(got.Get("Grpc-Status-Details-Bin")) != details {
			t.Errorf("got status %q, message %q and %d bytes of details", got.Get("Grpc-Status"), got.Get("Grpc-Message"), len(got.Get("Grpc-Status-Details-Bin")))
		}
	}
	if dials := r.cfg.Backends[0].Pool.Counts().Dials; dials != 1 {
		t.Errorf("got %d connections to the backend, want 1", dials)
	}
}

// writeBlock writes a header block in as many frames as it needs.
func writeBlock(f *http2.Framer, id uint32, fields [][2]string, ends bool) {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	e.SetMaxDynamicTableSize(0)
	for _, h := range fields {
		_ = e.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}) // to memory
	}
	next := b.Next(16 << 10)
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: next, EndHeaders: b.Len() == 0, EndStream: ends})
	for b.Len() > 0 {
		next = b.Next(16 << 10)
		_ = f.WriteContinuation(id, b.Len() == 0, next)
	}
}

// A header block far beyond all limits ends its stream only.
func TestCallEndlessBlock(t *testing.T) {
	leak.Check(t)
	first := true
	r := newRig(t, []string{backend2(t, func(_ int, f *http2.Framer) {
		for id := request(f); id > 0; id = request(f) {
			size := 1
			if first {
				size, first = 400<<10, false
			}
			writeBlock(f, id, [][2]string{{":status", "200"}, {"x", strings.Repeat("~", size)}, {"grpc-status", "0"}}, true)
		}
	})})
	a := r.asker(http20)
	const call = "POST /x HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 5\r\nContent-Type: application/grpc\r\n\r\nhello"
	for _, want := range []string{"14", "0"} {
		if got := a.ask(call).want(200, "").Header.Get("Grpc-Status"); got != want {
			t.Errorf("got status %q, want %s", got, want)
		}
	}
	if dials := r.cfg.Backends[0].Pool.Counts().Dials; dials != 1 {
		t.Errorf("got %d connections to the backend, want 1", dials)
	}
}

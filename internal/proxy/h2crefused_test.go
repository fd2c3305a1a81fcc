package proxy

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// A request that an HTTP/2 backend has not processed, according to REFUSED_STREAM or the
// stream id in a GOAWAY, is retried once with its body, whatever its method (RFC 9113,
// 8.7), if the body is short. A longer body is not kept.
func TestBackendH2CRefuses(t *testing.T) {
	leak.Check(t)
	refusals := map[string]func(f *http2.Framer, id uint32){
		"refused stream": func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeRefusedStream) },
		"GOAWAY":         func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) },
	}
	for name, refuse := range refusals {
		for size, status := range map[int]int{5: 200, exchange.MaxEarly: 200, exchange.MaxEarly + 1: 502} {
			t.Run(name+", "+strconv.Itoa(size), func(t *testing.T) {
				each(t, func(t *testing.T, v version) {
					begun := make(chan struct{}, 8)
					var requests atomic.Int32
					backend := backend2(t, func(_ int, f *http2.Framer) {
						got := make(map[uint32]int)
						for {
							frame, err := f.ReadFrame()
							if err != nil {
								return
							}
							switch frame := frame.(type) {
							case *http2.MetaHeadersFrame:
								begun <- struct{}{}
							case *http2.DataFrame:
								id := frame.StreamID
								got[id] += len(frame.Data())
								if !frame.StreamEnded() {
									continue
								}
								if requests.Add(1) == 1 {
									refuse(f, id)
									continue
								}
								writeBlock(f, id, [][2]string{{":status", "200"}, {"x-got", strconv.Itoa(got[id])}}, true)
							}
						}
					})
					r := newRig(t, []string{backend}, h2c)
					a := r.asker(v).ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n")
					await(t, begun) // the head was sent before the body
					resp := a.more(strings.Repeat("x", size)).want(status, "*")
					if got := resp.Header.Get("X-Got"); status == 200 && got != strconv.Itoa(size) {
						t.Errorf("the backend got %s bytes, want %d", got, size)
					}
				})
			})
		}
	}
}

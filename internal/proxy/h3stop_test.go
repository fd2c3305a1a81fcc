package proxy

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/http3"
	"elbow/internal/leak"
	"elbow/internal/proxy/h3"
)

// Thousands of uploads stop within a frame, or after one, when their answer has arrived:
// no connection is closed, and no backend takes a truncated body for a complete one.
func TestH3StopsInMidBody(t *testing.T) {
	leak.Check(t)
	var whole atomic.Int32
	r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
		req, err := http.ReadRequest(p.r)
		if err != nil {
			return
		}
		if req.Method == "GET" {
			p.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			return
		}
		p.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
		if _, err := io.Copy(io.Discard, req.Body); err == nil {
			whole.Add(1)
		}
	})})
	head := headers(pseudo("POST", "/")...)
	var uploads sync.WaitGroup
	conns := make([]*rawH3, 8)
	for i := range conns {
		c := r.dialRaw()
		conns[i] = c
		for _, part := range [][]byte{
			frame(http3.Data, make([]byte, 16<<10))[:8<<10],
			frame(http3.Data, make([]byte, 1<<10)),
			append(frameData("x"), headers("a", "b")[:4]...), // trailers cut off
		} {
			uploads.Add(1)
			go func() { // ends when everything is sent, or with the connection
				defer uploads.Done()
				for range 50 {
					str, err := c.quic.OpenStreamSync(t.Context())
					if err != nil {
						return
					}
					_, _ = str.Write(head) // fails if it was answered or the connection has ended
					_, _ = str.Write(part)
					_, _ = io.Copy(io.Discard, str)
					<-str.Context().Done() // quic-go has processed STOP_SENDING
				}
			}()
		}
	}
	uploads.Wait()
	for _, c := range conns {
		c.ask("/") // fails if the connection has ended
	}
	if n := whole.Load(); n != 0 {
		t.Errorf("backends took %d requests for whole", n)
	}
}

// A client can still read an answer that was sent before its connection was idle for too
// long and the listener was closed.
func TestH3AnswerIsReadLate(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, hello)}, idleTimeout(50*time.Millisecond), limits(exchange.Limits{UnreadTimeout: patience}))
	c := r.dialRaw()
	str := c.stream(true, headers(pseudo("GET", "/")...))
	r.log.next(t)
	drained := r.drain(time.Hour)
	time.Sleep(2*h3.Farewell + 500*time.Millisecond) // longer than two GOAWAY take
	if a := c.answer(str); a.status != 200 || a.body != "hello" {
		t.Errorf("got %+v", a)
	}
	_ = c.quic.CloseWithError(0, "")
	if err := drained(); err != nil {
		t.Error(err)
	}
}

package proxy

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// endless is a backend whose answers to /long and whose WebSockets never end. It answers
// any other complete request with hello.
func endless(t *testing.T) string {
	return scripted(t, func(_ int, p *peer) {
		for {
			req, err := http.ReadRequest(p.r)
			if err != nil {
				return
			}
			switch req.URL.Path {
			case "/long":
				p.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
				for piece := make([]byte, 64<<10); err == nil; {
					_, err = p.Write(piece)
				}
				return
			case "/socket":
				p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" +
					"Sec-WebSocket-Accept: " + acceptFor(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n")
				p.wait()
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
		}
	})
}

// holders makes n exchanges of one client stall: the client does not read the answer
// to a request for path, or does not send the rest of a body.
func (r *rig) holders(v version, n int, path string, upload bool) {
	r.t.Helper()
	switch v {
	case http20:
		c := r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		for range n {
			if upload {
				c.open(false, ":method: POST", ":path: "+path, "content-length: 5")
			} else {
				c.open(true, ":path: "+path)
			}
		}
	case http30:
		c := r.dialRaw() // the client reads nothing
		for range n {
			if upload {
				c.stream(false, headers(pseudo("POST", path, "content-length", "5")...))
			} else {
				c.stream(true, headers(pseudo("GET", path)...))
			}
		}
	default:
		for range n {
			if upload {
				r.dial().send("POST " + path + " HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 5\r\n\r\n")
			} else {
				r.dial().send("GET " + path + " HTTP/1.1\r\nHost: elbow.test\r\n\r\n")
			}
		}
	}
}

// age waits for n stalls at backend i and makes them as old as d.
func (r *rig) age(i, n int, d time.Duration) {
	r.t.Helper()
	waitFor(r.t, "clients that stand still", func() bool { return r.cfg.Backends[i].AgeStalls(n, d) })
}

// If there is no free place, exchanges of clients that read nothing of their answers, or
// send nothing of their requests, are ended. While there are free places, they are not.
func TestStalledClientsMakeRoom(t *testing.T) { each(t, testStalledClientsMakeRoom) }

func testStalledClientsMakeRoom(t *testing.T, v version) {
	for _, upload := range []bool{false, true} {
		t.Run(map[bool]string{false: "answers", true: "uploads"}[upload], func(t *testing.T) {
			const places = 4
			path := map[bool]string{false: "/long", true: "/"}[upload]
			r := newRig(t, []string{endless(t)}, backendLimit(places, patience))
			r.holders(v, places-1, path, upload)
			r.age(0, places-1, exchange.StallPatience)
			honest := r.asker(v)
			honest.ask(get).want(200, "hello")
			r.log.next(t)
			r.awaitActive(0, places-1)

			r.holders(v, 1, path, upload)
			r.age(0, places, exchange.StallPatience)
			for range 2 {
				honest.ask(get).want(200, "hello")
			}
			r.wantSeries(map[string]float64{
				"elbow_backend_stalled_total{backend=a,lb=lb-test,listener=443}": 1,
				"elbow_backend_refused_total{backend=a,lb=lb-test,listener=443}": 0,
			})
			for stalled := 0; stalled == 0; {
				line := r.log.next(t)
				if err, _ := line["err"].(string); strings.Contains(err, exchange.ErrStalled.Error()) {
					stalled++
					if line["side"] != "client" {
						t.Errorf("access log has %v", line)
					}
				}
			}
		})
	}
}

// awaitActive returns when backend i has n exchanges.
func (r *rig) awaitActive(i, n int) {
	r.t.Helper()
	waitFor(r.t, "so many exchanges", func() bool { return r.cfg.Backends[i].Member.Active.Load() == int64(n) })
}

// An answer that the backend has sent completely holds no place, even if its client
// does not read it.
func TestSmallAnswersHoldNoPlace(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{endless(t)}, backendLimit(10, patience))
	r.holders(http20, 20, "/", false)
	waitFor(t, "the answers", func() bool {
		s := r.series()
		return s["elbow_backend_reuses_total{backend=a,lb=lb-test,listener=443}"]+
			s["elbow_backend_dials_total{backend=a,lb=lb-test,listener=443,result=ok}"] == 20
	})
	r.awaitFree(0)
	r.dial().send(get).want(200, "hello")
}

// Idle tunnels are left open, unless one client holds more than its share of the
// places and another exchange needs one.
func TestTunnelsShare(t *testing.T) {
	leak.Check(t)
	const places = 4
	r := newRig(t, []string{endless(t)}, backendLimit(places, 50*time.Millisecond))
	const upgrade = "GET /socket HTTP/1.1\r\nHost: elbow.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	var tunnels []*client
	for n := range places {
		c := r.dial().send(upgrade)
		c.response()
		tunnels = append(tunnels, c)
		r.age(0, n+1, exchange.StallPatience) // waits until the tunnel is listed
	}
	r.dial().send(get).want(503, "*") // of the same client
	r.cfg.Backends[0].Gate.SetPatience(patience)
	other := r.dialFrom("127.0.0.2").send(get)
	other.want(200, "hello")
	tunnels[0].wantEnd()
	r.wantSeries(map[string]float64{"elbow_backend_stalled_total{backend=a,lb=lb-test,listener=443}": 1})
}

package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"elbow/internal/exchange"
	"elbow/internal/leak"
	"elbow/internal/proxy/tcp"
)

// sized answers with a body of as many bytes as the path says.
func sized(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Path[1:])
	w.Header().Set("Content-Length", strconv.Itoa(n))
	c := http.NewResponseController(w)
	_ = c.EnableFullDuplex() // without it net/http reads the request to its end first; not needed in HTTP/2
	_, _ = io.WriteString(w, strings.Repeat("x", n))
	_ = c.Flush()
	_, _ = io.Copy(io.Discard, r.Body) // net/http panics if it has to do this itself
}

// tcp returns the TCP connection.
func (c *client) tcp() *net.TCPConn {
	if t, ok := c.Conn.(*tls.Conn); ok {
		return t.NetConn().(*net.TCPConn)
	}
	return c.Conn.(*net.TCPConn)
}

// narrow limits the receive buffer of the client.
func (c *client) narrow() *client {
	c.t.Helper()
	if err := c.tcp().SetReadBuffer(64 << 10); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// bothWays runs a test over TLS and over plain HTTP.
func bothWays(t *testing.T, test func(t *testing.T, s setting)) {
	for name, s := range map[string]setting{"TLS": func(*Options, *Config) {}, "plain": plain} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// Bytes that a client sends after the last request of its connection do not make it lose
// the answer, however slowly it reads that (RFC 9112, 9.6).
func TestLastAnswerIsNotLost(t *testing.T) {
	leak.Check(t)
	const size = 1 << 20
	bothWays(t, func(t *testing.T, s setting) {
		for _, tt := range []struct {
			name string
			more func(c *client)
		}{
			{"a stray line end", func(c *client) { c.send("\r\n") }},
			{"a pipelined request", func(c *client) { c.send(get) }},
			{"the end", func(c *client) { c.closeSending() }},
			{"nothing", func(*client) {}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				written := make(chan struct{}, 1)
				r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
					sized(w, r)
					written <- struct{}{}
				})}, s)
				for range 5 {
					c := r.dial().narrow().send("GET /" + strconv.Itoa(size) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
					tt.more(c)
					<-written
					resp, body, err := c.answer("GET")
					if resp.StatusCode != 200 || len(body) != size || err != nil {
						t.Fatalf("got %d, %d bytes, %v", resp.StatusCode, len(body), err)
					}
					c.wantEnd()
					if line := r.log.next(t); line["status"] != 200.0 || line["err"] != nil {
						t.Errorf("access log has %v", line)
					}
				}
			})
		}
	})
}

// closeSending half-closes the connection, with a close_notify under TLS.
func (c *client) closeSending() {
	c.t.Helper()
	if s, ok := c.Conn.(*tls.Conn); ok {
		if err := s.CloseWrite(); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := c.tcp().CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// A client that sends a whole body before it reads gets an answer that was sent before the
// end of the body.
func TestEarlyAnswerIsThereAtTheEnd(t *testing.T) {
	leak.Check(t)
	const size = 10 << 20
	body := strings.Repeat("x", size)
	for name, answer := range map[string]string{
		"by the backend": "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig",
		"at length":      "HTTP/1.1 413 Content Too Large\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000),
		"without one":    "",
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, s setting) {
				backend := refusing(t)
				want := 502
				if answer != "" {
					want = 413
					backend = scripted(t, func(_ int, p *peer) {
						p.head()
						p.send(answer)
						if name == "at length" { // closing with unread bytes resets the connection
							_, _ = io.Copy(io.Discard, p.r)
						}
					})
				}
				r := newRig(t, []string{backend}, s, limits(exchange.Limits{LingerTimeout: patience}))
				c := r.dial().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n")
				c.send(body) // all of it
				if resp, _, err := c.answer("POST"); resp.StatusCode != want || err != nil {
					t.Errorf("got %d, %v, want %d", resp.StatusCode, err, want)
				}
				c.wantEnd()
			})
		})
	}
}

// A half-closed client gets its answer, even one that takes longer than the interval
// of the client checks, unless AbortOnClose is set.
func TestHalfClosedClientIsAnswered(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		for _, abort := range []bool{false, true} {
			r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
				for _, piece := range []string{"a", "b"} {
					select {
					case <-r.Context().Done():
						return
					case <-time.After(3 * exchange.WatchEvery / 2):
					}
					_, _ = io.WriteString(w, piece)
					_ = http.NewResponseController(w).Flush()
				}
			})}, s, func(o *Options, _ *Config) { o.AbortOnClose = abort })
			c := r.dial().send(get)
			c.closeSending()
			if abort {
				_, _ = io.Copy(io.Discard, c)
			} else {
				c.want(200, "ab")
				c.wantEnd()
			}
			if line := r.log.next(t); (line["side"] == "client") != abort || (line["err"] != nil) != abort {
				t.Errorf("access log has %v", line)
			}
		}
	})
}

// An answer that the kernel has accepted but the client has not received does not
// count as received.
func TestLostAnswerIsLogged(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		for name, lose := range map[string]func(*rig, *client){
			"the client resets": func(_ *rig, c *client) { c.leave() },
			"the client closes": func(_ *rig, c *client) { _ = c.tcp().Close() },
			"the client stands still": func(r *rig, c *client) {
				if line := r.log.next(t); line["side"] != "client" || !strings.Contains(line["err"].(string), "timeout") {
					t.Errorf("access log has %v", line)
				}
				c.leave()
			},
			"the listener's drain ends": func(r *rig, c *client) { r.close() },
		} {
			t.Run(name, func(t *testing.T) {
				written := make(chan struct{})
				r := newRig(t, []string{origin(t, func(w http.ResponseWriter, r *http.Request) {
					sized(w, r)
					close(written)
				})}, s, func(o *Options, _ *Config) {
					if name == "the client stands still" {
						o.Limits.StreamTimeout = 100 * time.Millisecond
					}
				})
				c := r.dial().narrow().send("GET /1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
				<-written
				_ = c.response().Body // the head has arrived
				lose(r, c)
				if name == "the client stands still" {
					return
				}
				want := "client"
				if strings.Contains(name, "drain") {
					want = "self"
				}
				if line := r.log.next(t); line["side"] != want || line["op"] != "body" {
					t.Errorf("access log has %v", line)
				}
			})
		}
	})
}

// A lingering connection uses no goroutine, and ends although its client sends
// nothing, or almost nothing.
func TestLingeringEnds(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		r := newRig(t, []string{origin(t, hello)}, s, limits(exchange.Limits{LingerTimeout: 500 * time.Millisecond, SettleTime: 5 * time.Millisecond}))
		silent, dribbling := r.dial(), r.dial()
		for _, c := range []*client{silent, dribbling} {
			c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").want(200, "hello")
		}
		for runtime.GOOS == "linux" && r.proxy.lot.Len() < 2 {
			runtime.Gosched() // there is no event to wait for
		}
		for r.lis.Snapshot().Open > 0 {
			_, _ = dribbling.tcp().Write([]byte("x"))
			time.Sleep(10 * time.Millisecond) // slower than lingerPace
		}
	})
}

// A client that has read the whole answer and resets the connection before the proxy
// has half-closed it, which fails then, has received the answer; one that has not read
// it has not.
func TestTakenBeforeReset(t *testing.T) {
	leak.Check(t)
	bothWays(t, func(t *testing.T, s setting) {
		for _, reads := range []bool{true, false} {
			const size = 8 << 20 // more than the kernels take
			r := newRig(t, []string{scripted(t, func(_ int, p *peer) {
				if p.head() != "" {
					p.send("HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(size+1) + "\r\n\r\n" + strings.Repeat("x", size))
					p.wait()
				}
			})}, s)
			c := r.dial().narrow().send(get)
			resp := c.response()
			if reads {
				if _, err := io.ReadFull(resp.Body, make([]byte, size)); err != nil {
					t.Fatal(err)
				}
			} else {
				waitFor(t, "a client that stands still", func() bool {
					owed := 0
					r.lis.conns.each(func(o *exchange.Origin) { owed += o.Memory.Debts() })
					return owed > 0
				})
			}
			var served *tcp.Conn
			r.lis.conns.each(func(o *exchange.Origin) { served = o.Member.(*tcp.Conn) })
			c.leave()
			waitFor(t, "the reset", served.Gone)
			x := exchange.TakeExchange(&served.Origin, nil, served, 0)
			x.Keep, x.Record.BytesOut = false, size
			if f := (&tcp.H1{C: served, X: x}).Taken(); (f == nil) != reads {
				t.Errorf("client that reads %v: got %v", reads, f)
			}
			x.Release()
		}
	})
}

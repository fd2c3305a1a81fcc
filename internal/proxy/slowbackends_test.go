package proxy

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/leak"
)

// trickled does what sized does, piece by piece, over half of the time that slow clients
// take.
func trickled(w http.ResponseWriter, r *http.Request) {
	const pieces = 10
	n, _ := strconv.Atoi(r.URL.Path[1:])
	w.Header().Set("Content-Length", strconv.Itoa(n))
	c := http.NewResponseController(w)
	_ = c.EnableFullDuplex()
	for i := range pieces {
		_, _ = io.WriteString(w, strings.Repeat("x", n*(i+1)/pieces-n*i/pieces))
		_ = c.Flush()
		time.Sleep(pause / 2 / pieces)
	}
	_, _ = io.Copy(io.Discard, r.Body)
}

// Slow clients get their complete answers from HTTP/2 backends, from slow backends, from
// those with few places and from those that are removed.
func TestSlowClientsOfBackends(t *testing.T) {
	leak.Check(t)
	stop, end := slowEvent{name: "stop", do: stopped}, slowEvent{name: "end of the drain", cuts: true, do: func(r *rig) func() error { return r.drain(pause / 4) }}
	for _, tt := range []struct {
		name     string
		backend  func(testing.TB, http.HandlerFunc) string
		answer   http.HandlerFunc
		settings []setting
		events   []slowEvent
	}{
		{"h2c", originH2C, sized, []setting{h2c}, []slowEvent{noEvent, end, {name: "removal", do: removed}}},
		{"trickling", origin, trickled, nil, []slowEvent{noEvent}},
		{"trickling h2c", originH2C, trickled, []setting{h2c}, []slowEvent{stop}},
	} {
		for _, e := range tt.events {
			t.Run(tt.name+", "+e.name, func(t *testing.T) {
				each(t, func(t *testing.T, v version) {
					testSlowClients(t, newRig(t, []string{tt.backend(t, tt.answer)}, append(tt.settings, impatient)...), v, e)
				})
			})
		}
	}
}

// An answer that the backend breaks off is truncated for slow clients too, and the access
// log names the upstream as the side. If a backend was removed, the side of its cut
// exchanges is self.
func TestSlowClientsOfBreakingBackends(t *testing.T) {
	leak.Check(t)
	const size = 2 << 20
	half := "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(size) + "\r\n\r\n" + strings.Repeat("x", size/2)
	reset := func(t testing.TB) string {
		return scripted(t, func(_ int, p *peer) {
			if p.head() != "" {
				p.send(half)
				_ = p.SetLinger(0)
			}
		})
	}
	resetH2 := func(t testing.TB) string {
		return originH2C(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = io.WriteString(w, strings.Repeat("x", size/2))
			panic(http.ErrAbortHandler)
		})
	}
	silent := func(t testing.TB) string { // sends half of the body
		return scripted(t, func(_ int, p *peer) {
			if p.head() != "" {
				p.send(half)
				p.wait()
			}
		})
	}
	silentH2 := func(t testing.TB) string {
		return originH2C(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = io.WriteString(w, strings.Repeat("x", size/2))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})
	}
	soon := func(o *Options, _ *Config) { o.DrainTimeout = pause / 2 }
	for _, tt := range []struct {
		name     string
		backend  func(testing.TB) string
		settings []setting
		do       func(*rig) func() error
		side     string
	}{
		{"reset", reset, nil, noEvent.do, "upstream"},
		{"reset, h2c", resetH2, []setting{h2c}, noEvent.do, "upstream"},
		{"removed", silent, []setting{soon}, removed, "self"},
		{"removed, h2c", silentH2, []setting{h2c, soon}, removed, "self"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, v version) {
				r := newRig(t, []string{tt.backend(t)}, append(tt.settings, impatient)...)
				var takers []*taker
				var reading sync.WaitGroup
				for _, p := range []manner{fast, slow, still, halved} {
					k := &taker{name: string(p), size: size, manner: p}
					k.ask(v, r)
					takers = append(takers, k)
				}
				for _, k := range takers {
					if err := k.begin(v, r); err != nil {
						t.Fatal(err)
					}
				}
				tt.do(r)
				for _, k := range takers {
					reading.Add(1)
					go func() { // ends with the answer
						defer reading.Done()
						k.take()
					}()
				}
				reading.Wait()
				for _, k := range takers {
					line := r.log.next(t)
					if line["side"] != tt.side || line["op"] != "body" || line["status"] != 200.0 {
						t.Errorf("access log has %v", line)
					}
					if k.got > size/2 {
						t.Errorf("%s: got %d bytes, %v", k.name, k.got, k.err)
					}
					k.close()
				}
				r.close()
				if rest := r.log.rest(); rest != "" {
					t.Errorf("access log goes on with %q", rest)
				}
			})
		})
	}
}

// With one to three places at the backend slow clients are served one after the other, and
// all get their answers: a client that reads keeps its place.
func TestSlowClientsWithFewPlaces(t *testing.T) {
	leak.Check(t)
	const size = 1 << 20
	for _, places := range []int{1, 2, 3} {
		t.Run(strconv.Itoa(places), func(t *testing.T) {
			each(t, func(t *testing.T, v version) {
				r := newRig(t, []string{origin(t, sized)}, impatient, func(o *Options, _ *Config) {
					o.MaxBackendConns, o.QueueTimeout = places, patience
				})
				var reading sync.WaitGroup
				var takers []*taker
				for _, p := range []manner{slow, fast, halved, slow}[:min(2*places, 4)] { // the queue has room for as many
					k := &taker{name: string(p), size: size, manner: p}
					k.ask(v, r)
					takers = append(takers, k)
					reading.Add(1)
					go func() { // ends with the answer
						defer reading.Done()
						if k.err = k.begin(v, r); k.err == nil {
							k.take()
						}
					}()
				}
				reading.Wait()
				for _, k := range takers {
					if k.err != nil || k.got != size {
						t.Errorf("%s: got %d bytes, %v", k.name, k.got, k.err)
					}
					if line := r.log.next(t); line["err"] != nil || line["status"] != 200.0 {
						t.Errorf("access log has %v", line)
					}
					k.close()
				}
			})
		})
	}
}

package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"golang.org/x/net/http2"

	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// A manner describes how a client reads an answer.
type manner string

const (
	fast   manner = "fast"
	slow   manner = "slow"        // piece by piece, over some 250 ms
	still  manner = "still"       // nothing for 250 ms
	halved manner = "half-closed" // slow, and half-closed after the request; see ask3
)

// pause is how long a stalled client reads nothing: far longer than the limits of idle
// connections and of lingering in these tests.
const pause = 250 * time.Millisecond

// A taker is one client that reads one answer.
type taker struct {
	name   string // also the query of its request, which identifies it in the access log
	size   int
	manner manner
	head   func() error            // waits for the head of the answer
	read   func() (n int, e error) // the next piece of its body, io.EOF at its end
	close  func()
	got    int
	err    error
}

// readPiece reads a piece of an answer, which may be the last.
func readPiece(body io.Reader, p []byte) (int, error) {
	n, err := io.ReadFull(body, p)
	if err == io.ErrUnexpectedEOF && n > 0 {
		err = nil // the next read returns the end again
	}
	return n, err
}

// take reads the body.
func (k *taker) take() {
	if k.manner == still {
		time.Sleep(pause)
	}
	due := time.Duration(0)
	for k.err == nil {
		var n int
		n, k.err = k.read()
		k.got += n
		if k.manner == slow || k.manner == halved {
			if due += pause * time.Duration(n) / time.Duration(k.size); due > pause/40 {
				time.Sleep(due)
				due = 0
			}
		}
	}
	if k.err == io.EOF {
		k.err = nil
	}
}

// begin waits for the head of the answer. On a busy machine a connection can reach its
// idle timeout before the request is sent: then the proxy closes it without an answer
// or a log line, and the client asks again.
func (k *taker) begin(v version, r *rig) error {
	for range 20 {
		err := k.head()
		e, closed := errors.AsType[*http3.Error](err)
		closed = closed && (e.ErrorCode == http3.ErrCodeNoError || e.ErrorCode == http3.ErrCodeRequestRejected)
		unusable := err != nil && strings.HasPrefix(err.Error(), "http3: conn unusable: ") // GOAWAY came first; no exported type
		if err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) && !closed && !unusable {
			return err
		}
		k.ask(v, r)
	}
	return errors.New("no answer on 20 connections")
}

func (k *taker) request() string {
	return "GET /" + strconv.Itoa(k.size) + "?" + k.name + " HTTP/1.1\r\nHost: a\r\n\r\n"
}

func (k *taker) ask(v version, r *rig) {
	switch v {
	case http11:
		k.ask1(r)
	case http20:
		k.ask2(r)
	case http30:
		k.ask3(r)
	}
}

// ask1 sends the request over HTTP/1.1.
func (k *taker) ask1(r *rig) {
	c := r.dial()
	if k.manner != fast {
		c.narrow()
	}
	k.close = func() { _ = c.Close() }
	c.send(k.request())
	if k.manner == halved {
		c.closeSending()
	}
	var body io.Reader
	k.head = func() error {
		resp, err := http.ReadResponse(c.r, nil)
		if err == nil {
			body = resp.Body
		}
		return err
	}
	piece := make([]byte, 32<<10)
	k.read = func() (int, error) { return readPiece(body, piece) }
}

// ask2 sends the request over HTTP/2.
func (k *taker) ask2(r *rig) {
	window := uint32(1 << 30)
	if k.manner == still {
		window = 0
	}
	c := r.dialFrames(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	k.close = func() { _ = c.Close() }
	c.ok(c.WriteWindowUpdate(0, 1<<30))
	if k.manner != fast {
		c.ok(c.Conn.(*tls.Conn).NetConn().(*net.TCPConn).SetReadBuffer(64 << 10))
	}
	id := c.open(true, ":path: /"+strconv.Itoa(k.size)+"?"+k.name)
	if k.manner == halved {
		c.ok(c.Conn.(*tls.Conn).CloseWrite())
		c.ok(c.Conn.(*tls.Conn).NetConn().(interface{ CloseWrite() error }).CloseWrite())
	}
	next := func() (http2.Frame, error) {
		for {
			f, err := c.ReadFrame()
			if err != nil {
				return nil, err
			}
			switch f := f.(type) {
			case *http2.PingFrame:
				if !f.IsAck() && k.manner != halved {
					err = c.WritePing(true, f.Data)
				}
			case *http2.RSTStreamFrame:
				err = fmt.Errorf("reset: %v", f.ErrCode)
			case *http2.DataFrame, *http2.MetaHeadersFrame:
				return f, nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	k.head = func() error {
		_, err := next()
		return err
	}
	first, ended := true, false
	k.read = func() (int, error) {
		if ended {
			return 0, io.EOF
		}
		if first && k.manner == still {
			first = false
			if err := c.WriteWindowUpdate(id, uint32(k.size)); err != nil {
				return 0, err
			}
		}
		f, err := next()
		if err != nil {
			return 0, fmt.Errorf("%v", err) // an end here is not the end of the answer
		}
		d := f.(*http2.DataFrame)
		n := len(d.Data())
		if ended = d.StreamEnded(); n > 0 && k.manner != halved {
			_ = c.WriteWindowUpdate(0, uint32(n)) // fails if the connection has ended, which the reader reports
			if !ended {
				_ = c.WriteWindowUpdate(id, uint32(n))
			}
		}
		return n, nil
	}
}

// narrowWindow is the flow-control window, in bytes, of a stream of a client that is not
// fast.
const narrowWindow = 64 << 10

// room returns the number of bytes of an answer over HTTP/3 that may be sent before the
// client reads.
func (k *taker) room() int {
	if k.manner == fast {
		return k.size
	}
	return narrowWindow
}

// ask3 sends the request over HTTP/3, where every request ends with the client's
// direction of the stream (RFC 9114, 4.1). A half-closed client ends it after the head
// of the answer.
func (k *taker) ask3(r *rig) {
	tr := &http3.Transport{TLSClientConfig: h3TLS(), DisableCompression: true, QUICConfig: &quic.Config{}}
	if k.manner != fast {
		tr.QUICConfig.InitialStreamReceiveWindow, tr.QUICConfig.MaxStreamReceiveWindow = narrowWindow, narrowWindow
	}
	k.close = func() { _ = tr.Close() }
	r.t.Cleanup(k.close)
	method, late, ends := "GET", io.Reader(nil), func() error { return nil }
	if k.manner == halved {
		out, in := io.Pipe()
		method, late, ends = "POST", out, in.Close
	}
	req, err := http.NewRequest(method, "https://"+r.lis.Addr().String()+"/"+strconv.Itoa(k.size)+"?"+k.name, late)
	if err != nil {
		r.t.Fatal(err)
	}
	var body io.Reader
	k.head = func() error {
		resp, err := tr.RoundTrip(req)
		if err == nil {
			body, err = resp.Body, ends()
		}
		return err
	}
	piece := make([]byte, 32<<10)
	k.read = func() (int, error) { return readPiece(body, piece) }
}

// A slowEvent happens to the listener of slow clients, or to its backend, during their
// answers.
type slowEvent struct {
	name string
	do   func(r *rig) (wait func() error)
	cuts bool // it cuts the exchanges in flight
}

var noEvent = slowEvent{name: "idle timeout", do: func(*rig) func() error { return func() error { return nil } }}

func stopped(r *rig) func() error { return r.drain(time.Hour) }

// removed removes the backend from the Config.
func removed(r *rig) func() error {
	last := r.cfg.Backends[0]
	cfg := r.over(refusing(r.t))
	cfg.Backends[0].Retire()
	r.lis.Swap(cfg)
	after := *r.cfg // the listener may still read the old one
	after.Backends = nil
	r.cfg = &after
	last.Retire()
	return func() error { return nil }
}

// impatient sets limits that slow clients exceed.
func impatient(o *Options, c *Config) {
	c.IdleTimeout = pause / 8
	o.Limits.LingerTimeout, o.Limits.SettleTime = pause/8, pause/16
	o.Limits.UnreadTimeout = 10 * pause // slow clients are within it
}

// Slow clients get their complete answers, whatever happens to their listener
// meanwhile; incomplete answers are reported in the access log. (make soak has the
// same with real times.)
func TestSlowClients(t *testing.T) {
	leak.Check(t)
	for _, e := range []slowEvent{
		noEvent,
		{name: "stop", do: stopped},
		{name: "takeover", do: func(r *rig) func() error {
			r.lis.Yield()
			return r.drain(time.Hour)
		}},
		{name: "certificate", do: func(r *rig) func() error {
			cfg, other := *r.cfg, certificate(r.t, "elbow.test")
			cfg.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return other, nil }
			r.lis.Swap(&cfg)
			return func() error { return nil }
		}},
		{name: "end of the drain", cuts: true, do: func(r *rig) func() error { return r.drain(pause / 4) }},
		{name: "removal of the backend", do: removed},
	} {
		t.Run(e.name, func(t *testing.T) {
			for _, v := range []version{http11, http20, http30} {
				t.Run(string(v), func(t *testing.T) {
					leak.Check(t)
					testSlowClients(t, newRig(t, []string{origin(t, sized)}, impatient), v, e)
				})
			}
		})
	}
}

// drain starts a drain and returns a function that waits for its end.
func (r *rig) drain(limit time.Duration) func() error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	ended := make(chan error, 1)
	go func() { ended <- r.lis.Drain(ctx) }() // ends with the last connection, or the limit
	return func() error {
		defer cancel()
		return <-ended
	}
}

func testSlowClients(t *testing.T, r *rig, v version, event slowEvent) {
	takers := make(map[string]*taker)
	for _, p := range []manner{fast, slow, still, halved} {
		for _, size := range []int{16, 256 << 10, 2 << 20} {
			k := &taker{name: string(p) + "-" + strconv.Itoa(size), size: size, manner: p}
			takers[k.name] = k
			k.ask(v, r)
		}
	}
	var heads, bodies sync.WaitGroup
	begun := make(chan struct{})
	for _, k := range takers {
		heads.Add(1)
		bodies.Add(1)
		go func() {
			defer bodies.Done()
			k.err = k.begin(v, r)
			heads.Done()
			<-begun
			k.take()
		}()
	}
	heads.Wait()
	wait := event.do(r)
	close(begun)
	bodies.Wait()
	defer func() {
		for _, k := range takers {
			if t.Failed() {
				t.Logf("%s: got %d, %v", k.name, k.got, k.err)
			}
		}
	}()
	for range takers {
		line := r.log.next(t)
		_, name, _ := strings.Cut(line["path"].(string), "?")
		k := takers[name]
		switch whole := k.err == nil && k.got == k.size; {
		case whole && line["err"] == nil:
			took, _ := line["took"].(float64)
			taken, looked := line["taken"].(float64)
			if looks := v != http30 && k.size > exchange.ShortAnswer; looked != looks || looks && taken < took {
				t.Errorf("%s: access log has %v", name, line)
			}
		case event.cuts && line["side"] == "self" && line["status"] == 200.0:
		case event.cuts && line["err"] == nil && k.size <= exchange.ShortAnswer:
			// All was sent, and the receipt of a short answer is not checked.
		case event.cuts && v == http30 && line["err"] == nil && k.size-k.got <= k.room():
			// All was sent. The proxy does not know what QUIC has acknowledged.
		default:
			t.Errorf("%s: got %d bytes, %v; access log has %v", name, k.got, k.err, line)
		}
	}
	for _, k := range takers {
		k.close()
	}
	if err := wait(); (err != nil) != event.cuts {
		t.Errorf("Drain returns %v", err)
	}
	r.close()
	if rest := r.log.rest(); rest != "" { // each exchange has one line
		t.Errorf("access log goes on with %q", rest)
	}
}

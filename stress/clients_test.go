package stress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"elbow/internal/elbtest"
)

// versions are the versions of HTTP that clients use.
var versions = []string{"HTTP/1.1", "HTTP/2.0", "HTTP/3.0"}

func (s *soak) count(what string) {
	n, _ := s.done.LoadOrStore(what, new(counter))
	n.(*counter).Add(1)
}

type counter struct{ atomic.Int64 }

func (c *counter) String() string { return strconv.FormatInt(c.Load(), 10) }

// start starts backends with changing moods, and clients that run until ctx ends.
func (s *soak) start(ctx context.Context, wg *sync.WaitGroup) {
	for _, name := range []string{"rough-3", "rough-4"} {
		wg.Go(func() { s.backends[name].sway(ctx, 2*time.Second) })
	}
	for _, v := range versions {
		for range 2 {
			wg.Go(func() { s.ask(ctx, v, s.front, "calm-", false) })
			wg.Go(func() { s.ask(ctx, v, s.wild, "rough-", true) })
			wg.Go(func() { s.session(ctx, v) })
			wg.Go(func() { s.stream(ctx, v) })
		}
	}
	for range 4 {
		wg.Go(func() { s.socket(ctx) })
		wg.Go(func() { s.visit(ctx) })
	}
}

// client returns a client of a listener for one version of HTTP.
func client(v string, f *elbtest.Front) (c *http.Client, end func()) {
	settings := f.TLS()
	if v == "HTTP/3.0" {
		tr := &http3.Transport{TLSClientConfig: settings, Dial: func(ctx context.Context, _ string, t *tls.Config, q *quic.Config) (*quic.Conn, error) {
			return quic.DialAddrEarly(ctx, f.HostPort(), t, q)
		}}
		return &http.Client{Transport: tr}, func() { _ = tr.Close() }
	}
	var p http.Protocols
	p.SetHTTP1(v == "HTTP/1.1")
	p.SetHTTP2(v == "HTTP/2.0")
	tr := &http.Transport{Protocols: &p, TLSClientConfig: settings, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, f.HostPort())
	}}
	return &http.Client{Transport: tr}, tr.CloseIdleConnections
}

// ask sends requests one after the other, every other one with a body, on persistent
// connections.
func (s *soak) ask(ctx context.Context, v string, f *elbtest.Front, prefix string, rough bool) {
	c, end := client(v, f)
	defer end()
	for ctx.Err() == nil {
		s.once(ctx, c, v, f, prefix, rough)
		rest(ctx, 5*time.Millisecond)
	}
}

// visit sends one request on each connection.
func (s *soak) visit(ctx context.Context) {
	for ctx.Err() == nil {
		v := versions[rand.IntN(len(versions))]
		c, end := client(v, s.front)
		s.once(ctx, c, v, s.front, "calm-", false)
		end()
		rest(ctx, 50*time.Millisecond)
	}
}

// once sends a request and checks its answer.
func (s *soak) once(ctx context.Context, c *http.Client, v string, f *elbtest.Front, prefix string, rough bool) (who string) {
	token := strconv.FormatUint(rand.Uint64(), 36)
	var body []byte
	method := http.MethodGet
	if !rough && rand.IntN(2) == 0 {
		method, body = http.MethodPost, bytes.Repeat([]byte(token), rand.IntN(8<<10))
	}
	req, err := http.NewRequestWithContext(ctx, method, f.URL("/?token="+token), bytes.NewReader(body))
	if err != nil {
		s.faults.add("%v", err)
		return ""
	}
	res, err := c.Do(req)
	if ctx.Err() != nil {
		return ""
	}
	if err != nil && rough && v == "HTTP/3.0" && errors.As(err, new(*http3.Error)) {
		s.count(v + " " + prefix + "broken off") // a reset may overtake the header that was sent before it
		return ""
	}
	if err != nil {
		s.faults.add("%s %s on %s: %v", v, method, prefix, err)
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	s.count(v + " " + prefix + strconv.Itoa(res.StatusCode))
	who = res.Header.Get("X-Backend")
	swaying := who == "rough-3" || who == "rough-4"
	switch {
	case ctx.Err() != nil, err != nil && swaying:
		return ""
	case err != nil:
		s.faults.add("%s answer of %s breaks off: %v", v, who, err)
	case rough && res.StatusCode >= 502 && res.StatusCode <= 504:
	case res.StatusCode != 200 || res.Proto != v:
		s.faults.add("%s on %s: %d %s %q", v, prefix, res.StatusCode, res.Proto, text)
	default:
		var got said
		want := said{who, f.Port, token, crc32.ChecksumIEEE(body)}
		if err := json.Unmarshal(text, &got); err != nil || got != want || !strings.HasPrefix(who, prefix) {
			s.faults.add("%s on %s: got %+v, want %+v", v, prefix, got, want)
		}
	}
	return who
}

// session keeps a cookie and checks that it stays with its backend, unless the backend was
// removed.
func (s *soak) session(ctx context.Context, v string) {
	for ctx.Err() == nil {
		c, end := client(v, s.stick)
		c.Jar, _ = cookiejar.New(nil) // never returns an error
		mine := ""
		for n := 0; n < 200 && ctx.Err() == nil; n++ {
			who := s.once(ctx, c, v, s.stick, "calm-", false)
			switch {
			case who == "" || who == mine:
			case mine == "" || mine == "calm-temporary":
				mine = who
			default:
				s.faults.add("%s session of %s went to %s", v, mine, who)
				mine = who
			}
			rest(ctx, 20*time.Millisecond)
		}
		s.count(v + " sessions")
		end()
	}
}

// stream reads an endless stream: each line arrives, in order and in time. The stream of a
// backend that is removed may be cut.
func (s *soak) stream(ctx context.Context, v string) {
	c, end := client(v, s.front)
	defer end()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.front.URL("/stream"), nil)
		if err != nil {
			s.faults.add("%v", err)
			return
		}
		res, err := c.Do(req)
		if err != nil {
			if ctx.Err() == nil {
				s.faults.add("%s stream: %v", v, err)
			}
			return
		}
		who := res.Header.Get("X-Backend")
		lines := bufio.NewScanner(res.Body)
		n := 0
		for ; lines.Scan(); n++ {
			if lines.Text() != strconv.Itoa(n) {
				s.faults.add("%s stream of %s: line %d is %q", v, who, n, lines.Text())
				break
			}
			s.count(v + " stream lines")
		}
		_ = res.Body.Close()
		if ctx.Err() == nil && who != "calm-temporary" {
			s.faults.add("%s stream of %s ended after %d lines: %v", v, who, n, lines.Err())
		}
		s.count(v + " streams")
	}
}

// socket keeps an upgraded connection open and checks the echo.
func (s *soak) socket(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.converse(ctx); err != nil && ctx.Err() == nil {
			s.faults.add("upgraded connection: %v", err)
		}
		s.count("upgraded connections")
	}
}

// converse ends with ctx, or with the connection. The connection to a backend that is
// removed may be cut.
func (s *soak) converse(ctx context.Context) error {
	settings := s.front.TLS()
	settings.NextProtos = []string{"http/1.1"}
	c, err := (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", s.front.HostPort())
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if _, err := io.WriteString(c, "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
		return err
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	who := res.Header.Get("X-Backend")
	if res.StatusCode != 101 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	for n := 0; ; n++ {
		word := strconv.Itoa(n) + "\n"
		if _, err = io.WriteString(c, word); err == nil {
			var got string
			if got, err = r.ReadString('\n'); err == nil && got != word {
				return fmt.Errorf("%s said %q to %q", who, got, word)
			}
		}
		if err != nil {
			if who == "calm-temporary" {
				return nil
			}
			return fmt.Errorf("to %s after %d words: %w", who, n, err)
		}
		s.count("words echoed")
		rest(ctx, 100*time.Millisecond)
	}
}

// rest waits for about d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d/2 + rand.N(d)):
	}
}

package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A probe2 is a probe of a backend that speaks HTTP/2 by prior knowledge.
type probe2 struct {
	*probe
	url    url.URL
	method string
	host   string
}

func newProbe2(cfg Config) *probe2 {
	p := &probe2{probe: newProbe(cfg), method: strings.ToUpper(cmp.Or(cfg.Method, "HEAD")), host: cfg.Host}
	if u, err := url.ParseRequestURI(cmp.Or(cfg.URI, "/")); err == nil { // as written, not re-encoded
		p.url = *u
	}
	p.url.Scheme, p.url.Host = "http", cfg.Address
	return p
}

// do runs the probe once, over a new connection.
func (p *probe2) do(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	var speaks http.Protocols
	speaks.SetUnencryptedHTTP2(true)
	dialer := net.Dialer{KeepAlive: -1, Control: p.control}
	dialed := false
	t := &http.Transport{
		Protocols: &speaks,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, address)
			dialed = err == nil
			return c, err
		},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeadBytes,
	}
	defer t.CloseIdleConnections()
	req := (&http.Request{Method: p.method, URL: &p.url, Host: p.host, Header: http.Header{
		"User-Agent": {"KeepAliveClient"}, "Accept": {"*/*"},
	}}).WithContext(ctx)
	resp, err := t.RoundTrip(req)
	if err != nil {
		return p.reason2(dialed, err)
	}
	p.drain(resp.Body)
	if class := resp.StatusCode / 100; class >= len(p.success) || !p.success[class] {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// drain reads the body within its limits. How it ends does not matter.
func (p *probe2) drain(body io.ReadCloser) {
	soon := time.AfterFunc(bodyTimeout, func() { _ = body.Close() }) // ends the read
	defer soon.Stop()
	_, _ = io.CopyN(io.Discard, body, maxBodyBytes)
	_ = body.Close()
}

var errNotH2 = errors.New("the answer is not HTTP/2")

// reason2 is reason for errors of net/http.
func (p *probe2) reason2(dialed bool, err error) error {
	step := "receive"
	if !dialed {
		step = "connect"
	}
	text := err.Error()
	// It is a race whether the request or the connection ends with it.
	if dialed && (strings.Contains(text, "frame") || strings.Contains(text, "malformed HTTP") ||
		strings.Contains(text, "could not be established")) {
		return errNotH2
	}
	return p.reason(step, err)
}

package gateway

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"elbow/internal/leak"
	"elbow/internal/rpc"
)

// A portSite is a Port with a handler behind a real server.
type portSite struct {
	addr    string
	cert    *tls.Config // for clients
	refused atomic.Int64
	log     lockedBuffer
}

// newPort serves a handler on a port, with TLS if secure.
func newPort(t *testing.T, secure, plain bool, handler http.HandlerFunc) *portSite {
	t.Helper()
	s := new(portSite)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	p := &Port{Listener: l, Plain: plain, Log: slog.New(slog.NewTextHandler(&s.log, nil))}
	if secure {
		certified := httptest.NewTLSServer(nil) // for its certificate
		p.TLS = &tls.Config{Certificates: certified.TLS.Certificates, NextProtos: []string{"http/1.1"}}
		s.cert = certified.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		s.cert.ServerName = "example.com"
		certified.Close()
	}
	g := New(Config{Log: p.Log})
	server := g.Server()
	if handler != nil {
		server.Handler = handler
	}
	p.Serves(server, func(int) { s.refused.Add(1) })
	done := make(chan struct{})
	go func() { // ends with the server
		defer close(done)
		_ = server.Serve(p)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
		g.Close()
	})
	return s
}

// ask sends text on a new connection, half-closes it, and reads the answer.
func (s *portSite) ask(t *testing.T, secure bool, text string) (*http.Response, string) {
	t.Helper()
	var c net.Conn
	var err error
	if secure {
		c, err = tls.Dial("tcp", s.addr, s.cert)
	} else {
		c, err = net.Dial("tcp", s.addr)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, text) // it may be refused before its end
	_ = c.(interface{ CloseWrite() error }).CloseWrite()
	method, _, _ := strings.Cut(text, " ")
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return res, string(body)
}

// checkError checks that an answer is an error of the API, complete.
func checkError(t *testing.T, what string, res *http.Response, body string, format rpc.Format) (code string) {
	t.Helper()
	var e struct {
		XMLName                                     xml.Name `json:"-"`
		RequestId, HostId, Code, Message, Recommend *string
	}
	err := json.Unmarshal([]byte(body), &e)
	if format == rpc.XML {
		err = xml.Unmarshal([]byte(body), &e)
	}
	if err != nil || e.RequestId == nil || e.HostId == nil || e.Code == nil || e.Message == nil || e.Recommend == nil {
		t.Errorf("%.80q: no error of the API (%v): %s", what, err, body)
		return ""
	}
	if got := res.Header.Get("X-Acs-Request-Id"); got == "" || got != *e.RequestId {
		t.Errorf("%.80q: request id %q in the header, %q in the answer", what, got, *e.RequestId)
	}
	if got := res.Header.Get("Content-Type"); got != format.ContentType() {
		t.Errorf("%.80q: Content-Type %q", what, got)
	}
	return *e.Code
}

// Whatever a client sends, the answer is an error of the API.
func TestPortAnswersInTheAPIsForm(t *testing.T) {
	leak.Check(t)
	const get = "GET /?Action=X&Version=2017-11-10"
	long := strings.Repeat("x", 3<<20)
	for _, tt := range []struct {
		text   string
		status int
		code   string
		format rpc.Format
	}{
		{get + " HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{get + "&Format=XML HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "MalformedRequest", rpc.XML},
		{"GET /?format=xml&Format=xml HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "MalformedRequest", rpc.XML},
		{get + " HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{get + " HTTP/1.1\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{get + " HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{get + " HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{get + " HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "MalformedRequest", rpc.JSON},
		{"GET / HTTP/x\r\nHost: a\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"GET /\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"hello\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"\x00\x01\x02\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", 400, "MalformedRequest", rpc.JSON},
		{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400, "MalformedRequest", rpc.JSON},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "MalformedRequest", rpc.JSON},
		{"POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417, "MalformedRequest", rpc.JSON},
		{"POST / HTTP/1.0\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417, "MalformedRequest", rpc.JSON},
		{"GET /?" + long + " HTTP/1.1\r\nHost: a\r\n\r\n", 413, "RequestEntityTooLarge", rpc.JSON},
		{"GET /?Format=XML&" + long + " HTTP/1.1\r\nHost: a\r\n\r\n", 413, "RequestEntityTooLarge", rpc.XML},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + long + "\r\n\r\n", 413, "RequestEntityTooLarge", rpc.JSON},
		// These reach the gateway.
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404, "InvalidAction.NotFound", rpc.JSON},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404, "InvalidAction.NotFound", rpc.JSON},
		{"OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", 403, "UnsupportedHTTPMethod", rpc.JSON},
		{"PUT / HTTP/1.1\r\nHost: a\r\n\r\n", 403, "UnsupportedHTTPMethod", rpc.JSON},
		{"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 403, "UnsupportedHTTPMethod", rpc.JSON},
		{"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 404, "InvalidAction.NotFound", rpc.JSON},
		{"GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "InvalidAction.NotFound", rpc.JSON},
		{"GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "Invalida", rpc.JSON},
		{"GET / HTTP/1.0\r\n\r\n", 400, "MissingParameter", rpc.JSON},
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, "InvalidParameter", rpc.JSON},
	} {
		for _, secure := range []bool{false, true} {
			s := newPort(t, secure, false, nil)
			if secure && tt.text[0] < ' ' {
				continue // no plain text, and tested with TLS by the others
			}
			res, body := s.ask(t, secure, tt.text)
			if got := checkError(t, tt.text, res, body, tt.format); res.StatusCode != tt.status || got != tt.code {
				t.Errorf("%.80q, TLS %v: got %d %s, want %d %s", tt.text, secure, res.StatusCode, got, tt.status, tt.code)
			}
			if strings.Contains(body, "400 Bad Request") {
				t.Errorf("%.80q, TLS %v: the advice is the status once more: %s", tt.text, secure, body)
			}
		}
	}
}

// A request that is cut off anywhere gets an error of the API or no answer at
// all.
func TestPortCutOff(t *testing.T) {
	leak.Check(t)
	s := newPort(t, false, false, nil)
	whole := "POST /?Action=X HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b"
	for n := range len(whole) {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, whole[:n])
		_ = c.(*net.TCPConn).CloseWrite()
		text, _ := io.ReadAll(c)
		c.Close()
		if len(text) == 0 {
			continue
		}
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(text))), nil)
		if err != nil {
			t.Errorf("%d bytes: %v in %s", n, err, text)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		checkError(t, whole[:n], res, string(body), rpc.JSON)
	}
}

// The answer to HEAD has no body, also where net/http would write one.
func TestPortHead(t *testing.T) {
	leak.Check(t)
	s := newPort(t, false, false, nil)
	for _, text := range []string{"HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"} {
		res, body := s.ask(t, false, text)
		if res.StatusCode < 400 || body != "" || res.Header.Get("X-Acs-Request-Id") == "" {
			t.Errorf("%q: got %d %v %q", text, res.StatusCode, res.Header, body)
		}
	}
}

// A malformed request after valid ones on the same connection is answered in the
// same way, and what a handler writes is never changed, whatever it looks like.
func TestPortLeavesHandlersAlone(t *testing.T) {
	leak.Check(t)
	imitation := "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	s := newPort(t, false, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2*len(imitation)))
		for range 2 {
			_, _ = io.WriteString(w, imitation)
			_ = http.NewResponseController(w).Flush() // a separate write
		}
	})
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	for range 3 {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != imitation+imitation {
			t.Fatalf("got %q, %v", body, err)
		}
	}
	if n := s.refused.Load(); n != 0 {
		t.Errorf("%d answers taken for refusals", n)
	}
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	checkError(t, "after good ones", res, string(body), rpc.JSON)
	if n := s.refused.Load(); n != 1 {
		t.Errorf("%d refusals counted, want 1", n)
	}
}

// On a port with TLS, plain HTTP is answered with an error that says so, or served
// where that is allowed; TLS is TLS either way.
func TestPortPlainBesideTLS(t *testing.T) {
	leak.Check(t)
	handler := func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "TLS %v", r.TLS != nil) }
	for _, plain := range []bool{false, true} {
		s := newPort(t, true, plain, handler)
		if res, body := s.ask(t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); res.StatusCode != 200 || body != "TLS true" {
			t.Errorf("plain %v, by TLS: got %d %s", plain, res.StatusCode, body)
		}
		for _, tt := range []struct {
			target string
			format rpc.Format
		}{{"/", rpc.JSON}, {"/?Action=X&Format=XML", rpc.XML}, {"/console/", rpc.JSON}} {
			res, body := s.ask(t, false, "GET "+tt.target+" HTTP/1.1\r\nHost: a\r\n\r\n")
			if plain {
				if res.StatusCode != 200 || body != "TLS false" {
					t.Errorf("%s, plain allowed: got %d %s", tt.target, res.StatusCode, body)
				}
				continue
			}
			if code := checkError(t, tt.target, res, body, tt.format); res.StatusCode != 400 || code != "InvalidProtocol.NeedSsl" {
				t.Errorf("%s: got %d %s", tt.target, res.StatusCode, code)
			}
		}
		// Neither TLS nor HTTP: an invalid TLS record is answered with an alert.
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("\x16\x03\x01\x00\x05hello"))
		_ = c.(*net.TCPConn).CloseWrite()
		if b, _ := io.ReadAll(c); len(b) > 0 && b[0] != 0x15 {
			t.Errorf("got %q, want an alert", b)
		}
		c.Close()
	}
}

// A client that sends nothing, or stops within its handshake, is disconnected
// when the server ends, and delays no other client.
func TestPortSilentClients(t *testing.T) {
	leak.Check(t)
	s := newPort(t, true, true, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "here") })
	for _, begin := range []string{"", "\x16", "\x16\x03\x01", "G"} {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, begin)
	}
	if _, body := s.ask(t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); body != "here" {
		t.Errorf("got %q", body)
	}
}

// Whatever a client sends, the answers are errors of the API, one after the
// other, or nothing.
func FuzzPort(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x00\x05hello",
		"GET /?Format=XML HTTP/1.1\r\nHost: a\r\n\r\nGET /?Format=XML HTTP/1.1\r\nHost: a b\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 3\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nx", "HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	p := &Port{Listener: l, Log: slog.New(slog.DiscardHandler)}
	g := New(Config{Log: p.Log})
	server := g.Server()
	p.Serves(server, func(int) {})
	go func() { _ = server.Serve(p) }() // ends with the server
	f.Cleanup(func() {
		_ = server.Close()
		g.Close()
	})
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = c.Write(text)
		_ = c.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(c)
		if bytes.Contains(text, []byte("HEAD")) {
			return // an answer without its body cannot be separated from what follows it
		}
		r := bufio.NewReader(bytes.NewReader(all))
		for {
			if _, err := r.Peek(1); err != nil {
				return
			}
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatalf("%q: %v in %q", text, err, all)
			}
			if res.StatusCode == http.StatusContinue {
				continue
			}
			body, err := io.ReadAll(res.Body)
			format := rpc.JSON
			if res.Header.Get("Content-Type") == rpc.XML.ContentType() {
				format = rpc.XML
			}
			if err != nil || res.StatusCode < 400 {
				t.Fatalf("%q: %v, answered by %q", text, err, all)
			}
			checkError(t, string(text), res, string(body), format)
		}
	})
}

package console

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// A countingListener counts the bytes that its connections read.
type countingListener struct {
	net.Listener
	read atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countingConn{c, &l.read}, err
}

type countingConn struct {
	net.Conn
	read *atomic.Int64
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// bigForm returns a body of 4 MiB and its Content-Type.
func bigForm(t *testing.T, kind string) (contentType string, body []byte) {
	t.Helper()
	value := strings.Repeat("x", 4<<20)
	if kind == "urlencoded" {
		return "application/x-www-form-urlencoded", []byte(url.Values{"q": {value}}.Encode())
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("q", "q.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(w, value)
	_ = m.Close()
	return m.FormDataContentType(), b.Bytes()
}

// Whatever the method, the encoding and the framing, no more of a body is read than a form
// may have, and no part of it is written to a file. Without a session, the limit is that
// of the sign-in form.
func TestBodiesAreBounded(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := newSite(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	counting := &countingListener{Listener: l}
	server := &httptest.Server{Listener: counting, Config: &http.Server{Handler: s.console}}
	server.Start()
	defer server.Close()
	// The allowance for what net/http reads and discards of a body that its handler has
	// not read, before and after the answer, until it closes the connection.
	const slack = 1 << 20
	for _, kind := range []string{"urlencoded", "multipart"} {
		contentType, body := bigForm(t, kind)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			for _, page := range []string{"", "signin", "signin?by=password", "theme", "signout", "explorer?q=a", "certificates", "openapi.json", "live/overview", "nothing"} {
				for _, framing := range []string{fmt.Sprintf("Content-Length: %d", len(body)), "Transfer-Encoding: chunked"} {
					text := body
					if strings.HasPrefix(framing, "Transfer") {
						text = append(append(fmt.Appendf(nil, "%x\r\n", len(body)), body...), "\r\n0\r\n\r\n"...)
					}
					before := counting.read.Load()
					status := sendAll(t, l.Addr().String(), fmt.Sprintf("%s %s%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n%s\r\n\r\n", method, Path, page, contentType, framing), text)
					if read := counting.read.Load() - before; read > maxSignInFormBytes+slack {
						t.Errorf("%s %s, %s, %s: %d bytes were read", method, page, kind, framing, read)
					}
					if method == "POST" && status != http.StatusRequestEntityTooLarge && page != "" && status/100 != 4 {
						t.Errorf("POST %s, %s, %s: status %d", page, kind, framing, status)
					}
				}
			}
		}
	}
	if files, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(files) > 0 {
		t.Errorf("temporary files: %v, %v", files, err)
	}
}

// sendAll sends a request, as far as the server reads it, and returns the status of the
// answer.
func sendAll(t *testing.T, addr, head string, body []byte) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sent := make(chan struct{})
	go func() { // ends when all is sent or the connection is closed
		defer close(sent)
		_, _ = io.WriteString(c, head)
		_, _ = c.Write(body) // the server may close the connection
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil {
		res.Body.Close()
	}
	c.Close()
	<-sent
	if err != nil {
		return 0 // a reset discarded the answer; the test is about what was read
	}
	return res.StatusCode
}

// A form that cannot be parsed is answered with a client error.
func TestDamagedForm(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	for contentType, body := range map[string]string{
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut",
		"multipart/form-data":               "--x",
		"application/x-www-form-urlencoded": "a=%zz",
	} {
		r := b.request("POST", "theme", url.Values{"a": {"b"}})
		r.Header.Set("Content-Type", contentType)
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		b.do(r).want(t, http.StatusBadRequest, "cannot be read")
	}
	b.do(b.request("GET", "explorer?q="+strings.Repeat("a&", maxTargetBytes), nil)).want(t, http.StatusRequestURITooLong)
}

// The document of the API is generated once, contains the address by which the server was
// reached, and requires a session.
func TestOpenAPI(t *testing.T) {
	s := newSite(t)
	if got := s.browser(t).get("openapi.json"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("without a session: status %d", got.StatusCode)
	}
	b := s.signIn(t, "root-key")
	for range 2 {
		got := b.get("openapi.json")
		var document struct {
			OpenAPI string
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		if err := json.Unmarshal([]byte(got.text), &document); err != nil {
			t.Fatalf("%v in %.200q", err, got.text)
		}
		if document.OpenAPI != "3.1.0" || document.Servers[0].URL != s.URL || len(document.Paths) < 40 {
			t.Errorf("version %s, servers %v, %d paths", document.OpenAPI, document.Servers, len(document.Paths))
		}
	}
	if n := testing.AllocsPerRun(10, func() { _, _, _ = s.console.document() }); n > 0 {
		t.Errorf("%v allocations once it is made", n)
	}
}

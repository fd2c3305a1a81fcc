package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"elbow/internal/exchange"
)

// A request is a request as a reader has parsed it.
type request struct{ Method, Target, Host, Body string }

// An origin is a backend that records every byte. It accepts only what elbow is expected
// to send: a request in its simplest form, with one kind of framing.
type origin struct {
	l       net.Listener
	running sync.WaitGroup // the accept loop and every connection

	mu    sync.Mutex
	conns []*recording // guarded by mu, with what the elements point to
	more  chan struct{}
}

// A recording contains what arrived over one connection.
type recording struct {
	raw      bytes.Buffer
	requests []request // the complete ones
	heads    []string  // of the requests, with the trailers
	ends     []int     // offset in raw after each request
	err      error     // error in the bytes after the requests; nil: none
}

func newOrigin(t *testing.T) *origin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{l: l, more: make(chan struct{}, 1)}
	o.running.Add(1)
	go o.accept() // ends with finish, which waits for it
	return o
}

func (o *origin) accept() {
	defer o.running.Done()
	for {
		c, err := o.l.Accept()
		if err != nil {
			return
		}
		r := new(recording)
		o.mu.Lock()
		o.conns = append(o.conns, r)
		o.mu.Unlock()
		select {
		case o.more <- struct{}{}:
		default:
		}
		o.running.Add(1)
		go o.serve(c, r) // ends when the proxy closes c
	}
}

// serve answers each request with an empty 200.
func (o *origin) serve(c net.Conn, r *recording) {
	defer o.running.Done()
	defer c.Close()
	br := bufio.NewReader(io.TeeReader(c, &r.raw))
	for {
		req, head, err := readPlain(br)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
			_, _ = io.Copy(io.Discard, br) // so that all is recorded
			return
		}
		r.requests = append(r.requests, req)
		r.heads = append(r.heads, head)
		r.ends = append(r.ends, r.raw.Len()-br.Buffered())
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

// pieces returns the recorded bytes in the pieces in which they are sent to a reader: all
// at once, so that the reader has to find the boundaries, but one request at a time if a
// request asks for an upgrade. After such a request Node discards the other bytes of the
// same read. That cannot happen between elbow and a backend, since elbow waits for the
// answer.
func (r *recording) pieces() [][]byte {
	raw := r.raw.Bytes()
	if !slices.ContainsFunc(r.heads, func(h string) bool { return strings.Contains(h, "\r\nUpgrade: ") }) {
		return [][]byte{raw}
	}
	var pieces [][]byte
	start := 0
	for _, end := range r.ends {
		pieces = append(pieces, raw[start:end])
		start = end
	}
	return append(pieces, raw[start:])
}

// whole reports whether the recorded bytes end with the end of a request.
func (r *recording) whole() bool {
	return len(r.ends) > 0 && r.ends[len(r.ends)-1] == r.raw.Len()
}

// finish returns the recordings, after the drained proxy has closed all its connections.
func (o *origin) finish(t *testing.T, b *exchange.Backend) []*recording {
	t.Helper()
	for {
		o.mu.Lock()
		n := len(o.conns)
		o.mu.Unlock()
		if n == int(b.Pool.Counts().Dials) {
			break
		}
		<-o.more
	}
	_ = o.l.Close()
	o.running.Wait()
	return o.conns
}

// readPlain reads one request, and returns its head with the trailers after the empty
// line. It is strict: a request that is not in its simplest form is an error.
func readPlain(br *bufio.Reader) (req request, head string, err error) {
	first, err := br.ReadString('\n')
	if err != nil {
		return req, "", err
	}
	var framings []string
	head = first
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return req, head, err
		}
		head += line
		if line == "\r\n" {
			break
		}
		name, value, err := splitField(line)
		if err != nil {
			return req, head, err
		}
		switch strings.ToLower(name) {
		case "host":
			if req.Host != "" {
				return req, head, fmt.Errorf("a second Host: %q", line)
			}
			req.Host = value
		case "content-length", "transfer-encoding":
			framings = append(framings, line)
		}
	}
	if req.Method, req.Target, err = splitRequestLine(first); err != nil {
		return req, head, err
	}
	if req.Host == "" {
		return req, head, fmt.Errorf("no Host in %q", head)
	}
	var trailers string
	req.Body, trailers, err = readPlainBody(br, framings)
	return req, head + trailers, err
}

func splitRequestLine(line string) (method, target string, err error) {
	parts := strings.Split(strings.TrimSuffix(line, "\r\n"), " ")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] != "HTTP/1.1" || controls(line) {
		return "", "", fmt.Errorf("no plain request line: %q", line)
	}
	return parts[0], parts[1], nil
}

func splitField(line string) (name, value string, err error) {
	name, value, found := strings.Cut(strings.TrimSuffix(line, "\r\n"), ": ")
	if !found || name == "" || strings.ContainsAny(name, " \t:\"(),/;<=>?@[\\]{}") || controls(line) {
		return "", "", fmt.Errorf("no plain field line: %q", line)
	}
	return name, value, nil
}

// controls reports whether a line has control characters other than tabs before its end,
// or does not end with CRLF.
func controls(line string) bool {
	text, ended := strings.CutSuffix(line, "\r\n")
	return !ended || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// readPlainBody returns the body and the trailers after it.
func readPlainBody(br *bufio.Reader, framings []string) (body, trailers string, err error) {
	if len(framings) == 0 {
		return "", "", nil
	}
	if len(framings) > 1 {
		return "", "", fmt.Errorf("several framings: %q", framings)
	}
	if framings[0] == "Transfer-Encoding: chunked\r\n" {
		return readPlainChunks(br)
	}
	digits, found := strings.CutPrefix(framings[0], "Content-Length: ")
	n, err := strconv.ParseUint(strings.TrimSuffix(digits, "\r\n"), 10, 63)
	if !found || err != nil {
		return "", "", fmt.Errorf("no plain framing: %q", framings[0])
	}
	var b strings.Builder
	_, err = io.CopyN(&b, br, int64(n))
	return b.String(), "", unfinished(err)
}

func readPlainChunks(br *bufio.Reader) (body, trailers string, err error) {
	var b strings.Builder
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return "", "", unfinished(err)
		}
		size, err := strconv.ParseUint(strings.TrimSuffix(line, "\r\n"), 16, 63)
		if err != nil || !strings.HasSuffix(line, "\r\n") {
			return "", "", fmt.Errorf("no plain chunk size: %q", line)
		}
		if size == 0 {
			trailers, err = readPlainTrailers(br)
			return b.String(), trailers, err
		}
		if _, err := io.CopyN(&b, br, int64(size)); err != nil {
			return "", "", unfinished(err)
		}
		end := make([]byte, 2)
		if _, err := io.ReadFull(br, end); err != nil {
			return "", "", unfinished(err)
		}
		if string(end) != "\r\n" {
			return "", "", fmt.Errorf("chunk ends with %q", end)
		}
	}
}

// readPlainTrailers returns the trailers as lines after an empty one, in the form in which
// heads end.
func readPlainTrailers(br *bufio.Reader) (string, error) {
	var lines strings.Builder
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return "", unfinished(err)
		}
		if line == "\r\n" {
			return lines.String(), nil
		}
		if _, _, err := splitField(strings.Replace(line, ":", ": ", 1)); err != nil {
			return "", err
		}
		lines.WriteString(line)
	}
}

// unfinished returns the same error for the end of a connection anywhere within a request.
func unfinished(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

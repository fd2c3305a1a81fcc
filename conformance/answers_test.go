package conformance

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/exchange"
)

// An answerCase is the answer of a backend, and the answer that the client must get.
type answerCase struct {
	*block
	sticky  string // "insert", "server NAME" or none
	status  int
	body    string
	interim []int
	with    []string
	without []string
	cut     bool // the client can tell that the body is not whole
	closes  bool // the client's connection is closed

	early    bool // the backend answers before it reads a body
	open     bool // the backend keeps the connection open afterwards
	resets   bool // the backend resets the connection
	together bool // all bytes of the answer must be sent at once
	plain    bool // run for clients of HTTP/1.1 only

	frames []backendStep // of a backend that speaks HTTP/2; nil: it speaks HTTP/1.1
}

// serve starts the backend of the case, which sends size bytes per write, and a listener
// in front of it.
func (c *answerCase) serve(t *testing.T, size int) (r *rig, end func()) {
	t.Helper()
	if c.frames != nil {
		s := startScript2(t, c)
		r = newSiteIn(t, exchange.H2C, nil, c.newSticky(), s.l.Addr().String())
		return r, func() { r.close(); s.close() }
	}
	s := startScript(t, c, size)
	r = newRig(t, s.l.Addr().String(), c.newSticky())
	return r, func() { r.close(); s.close() }
}

func newAnswerCase(b *block) (*answerCase, error) {
	c := &answerCase{block: b}
	for _, r := range b.rules {
		if err := c.apply(r); err != nil {
			return nil, fmt.Errorf("%s: %s %s: %w", b.where, r.word, r.rest, err)
		}
	}
	if c.status == 0 {
		return nil, fmt.Errorf("%s: nothing is expected", b.where)
	}
	if len(c.sent) == 0 {
		c.sent = []byte("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	}
	return c, nil
}

func (c *answerCase) apply(r rule) (err error) {
	switch r.word {
	case "gets":
		status, body, _ := strings.Cut(r.rest, " ")
		c.status, err = strconv.Atoi(status)
		c.body = body
	case "interim":
		var status int
		status, err = strconv.Atoi(r.rest)
		c.interim = append(c.interim, status)
	case "with":
		c.with = append(c.with, r.rest)
	case "without":
		c.without = append(c.without, r.rest)
	case "sticky":
		c.sticky = r.rest
	case "cut":
		c.cut, c.closes = true, true
	case "closes":
		c.closes = true
	case "early":
		c.early = true
	case "open":
		c.open = true
	case "resets":
		c.resets = true
	case "together":
		c.together = true
	case "http1":
		c.plain = true
	default:
		err = fmt.Errorf("unknown word")
	}
	return err
}

// newSticky returns the session persistence of the case; nil for none.
func (c *answerCase) newSticky() func(*balance.Group) balance.Sticky {
	kind, name, _ := strings.Cut(c.sticky, " ")
	seed := make([]byte, 32)
	switch kind {
	case "insert":
		return func(g *balance.Group) balance.Sticky {
			return balance.NewInsert(g, seed, time.Hour, balance.NoSameSite)
		}
	case "server":
		return func(g *balance.Group) balance.Sticky { return balance.NewServer(g, seed, name) }
	}
	return nil
}

// Whatever a backend answers, the client gets one unambiguous answer, and the next request
// gets its own answer.
func TestAnswers(t *testing.T) {
	cases := 0
	for class, blocks := range readBlocks(t, "answers") {
		t.Run(class, func(t *testing.T) {
			for _, b := range blocks {
				c, err := newAnswerCase(b)
				if err != nil {
					t.Fatal(err)
				}
				cases++
				t.Run(c.title+"/whole", func(t *testing.T) { c.run(t, max(len(c.reply), 1)) })
				if !c.together {
					t.Run(c.title+"/pieces", func(t *testing.T) { c.run(t, 1+len(c.reply)/1024) })
				}
				c.runByFrames(t)
			}
		})
	}
	t.Logf("%d cases", cases)
}

// runByFrames runs the case for clients of HTTP/2 and HTTP/3, if they can make its
// request.
func (c *answerCase) runByFrames(t *testing.T) {
	m := c.message()
	if m == nil {
		return
	}
	t.Run(c.title+"/h2", func(t *testing.T) {
		c.runFramed(t, m, func(r *rig) caller { return dialH2(t, r, false) })
	})
	t.Run(c.title+"/h3", func(t *testing.T) {
		c.runFramed(t, m, func(r *rig) caller { return dialH3(t, r, false) })
	})
}

// next is sent after each case. It is not idempotent, so that no retry hides an error.
const next = "POST /next HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"

func (c *answerCase) run(t *testing.T, size int) {
	r, end := c.serve(t, size)
	defer end()

	conn := r.dial(t)
	defer conn.Close()
	if _, err := conn.Write(c.sent); err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	br := bufio.NewReaderSize(io.TeeReader(conn, &raw), 256<<10) // net/http needs all trailers in its buffer
	c.checkAnswer(t, br, &raw)
	if c.closes {
		if b, err := br.ReadByte(); err == nil {
			t.Errorf("%s: the connection goes on with %q", c.where, b)
		}
		_ = conn.Close() // the client disconnects after a truncated answer
	} else {
		c.ask(t, conn, br)
	}
	other := r.dial(t)
	defer other.Close()
	c.ask(t, other, bufio.NewReader(other))
}

// ask sends the next request and checks that it gets its own answer.
func (c *answerCase) ask(t *testing.T, w io.Writer, br *bufio.Reader) {
	t.Helper()
	if _, err := io.WriteString(w, next); err != nil {
		t.Errorf("%s: ask again: %v", c.where, err)
		return
	}
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Errorf("%s: the next answer: %v", c.where, err)
		return
	}
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != 200 || string(body) != "next" {
		t.Errorf("%s: the next answer is %d %q, %v", c.where, resp.StatusCode, body, err)
	}
}

// checkAnswer reads the answer to the case and compares it.
func (c *answerCase) checkAnswer(t *testing.T, br *bufio.Reader, raw *bytes.Buffer) {
	t.Helper()
	method, _, _ := strings.Cut(string(c.sent), " ")
	var interim []int
	for {
		began := raw.Len() - br.Buffered()
		resp, err := http.ReadResponse(br, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%s: read answer: %v", c.where, err)
		}
		head, _, _ := strings.Cut(raw.String()[began:], "\r\n\r\n")
		c.checkHead(t, head+"\r\n")
		if resp.StatusCode < 200 && resp.StatusCode != 101 {
			interim = append(interim, resp.StatusCode)
			continue
		}
		var after io.Reader = resp.Body
		if resp.StatusCode == 101 {
			after = br // the other protocol
		}
		body, err := io.ReadAll(after)
		if resp.StatusCode != c.status || string(body) != c.body && c.status < 400 {
			t.Errorf("%s: got %d %.200q, want %d %.200q", c.where, resp.StatusCode, body, c.status, c.body)
		}
		if (err != nil) != c.cut {
			t.Errorf("%s: the end of the body: %v", c.where, err)
		}
		if !slices.Equal(interim, c.interim) {
			t.Errorf("%s: got interim answers %v, want %v", c.where, interim, c.interim)
		}
		var trailers bytes.Buffer
		_ = resp.Trailer.Write(&trailers) // to memory
		c.checkFields(t, head+"\r\n"+trailers.String())
		return
	}
}

// checkHead checks that a head is in its simplest valid form.
func (c *answerCase) checkHead(t *testing.T, head string) {
	t.Helper()
	lines := strings.SplitAfter(head, "\r\n")
	if !strings.HasPrefix(lines[0], "HTTP/1.1 ") || controls(lines[0]) {
		t.Errorf("%s: the client gets the status line %q", c.where, lines[0])
	}
	framings := 0
	for _, line := range lines[1 : len(lines)-1] {
		name, _, err := splitField(line)
		if err != nil {
			t.Errorf("%s: the client gets %v", c.where, err)
		}
		if n := strings.ToLower(name); n == "content-length" || n == "transfer-encoding" {
			framings++
		}
	}
	if framings > 1 {
		t.Errorf("%s: the client gets several framings: %q", c.where, head)
	}
}

// checkFields checks which fields are present and which are absent.
func (c *answerCase) checkFields(t *testing.T, head string) {
	t.Helper()
	for _, line := range c.with {
		if !strings.Contains(strings.ToLower(head), "\r\n"+strings.ToLower(line)) {
			t.Errorf("%s: no %q in %q", c.where, line, head)
		}
	}
	for _, name := range c.without {
		if hasField(head, name) {
			t.Errorf("%s: %q is in %q", c.where, name, head)
		}
	}
}

// A script is a backend that answers its first request as the case says, and the requests
// for /next with "next".
type script struct {
	c       *answerCase
	size    int // bytes per write
	l       net.Listener
	running sync.WaitGroup
}

func startScript(t *testing.T, c *answerCase, size int) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{c: c, size: size, l: l}
	s.running.Add(1)
	go s.accept() // ends with close, which waits for it
	return s
}

func (s *script) accept() {
	defer s.running.Done()
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.running.Add(1)
		go s.serve(c.(*net.TCPConn)) // ends when the proxy closes c
	}
}

func (s *script) serve(c *net.TCPConn) {
	defer s.running.Done()
	defer c.Close()
	br := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		reply := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
		first := req.URL.Path != "/next"
		if first {
			reply = string(s.c.reply)
		}
		if !first || !s.c.early {
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
		}
		if s.write(c, reply, first) != nil {
			return
		}
		if first && s.c.resets {
			_ = c.SetLinger(0) // cannot fail on an open connection
		}
		if first && !s.c.open {
			if s.c.early { // closing with unread bytes would reset the connection and might discard the answer
				_ = c.CloseWrite()
				_, _ = io.Copy(io.Discard, c)
			}
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
	}
}

// write writes the answer of the case in pieces.
func (s *script) write(c *net.TCPConn, reply string, first bool) error {
	size := cmp.Or(len(reply), 1)
	if first {
		size = s.size
	}
	for len(reply) > 0 {
		n, err := io.WriteString(c, reply[:min(size, len(reply))])
		if err != nil {
			return err
		}
		reply = reply[n:]
	}
	return nil
}

func (s *script) close() {
	_ = s.l.Close()
	s.running.Wait()
}

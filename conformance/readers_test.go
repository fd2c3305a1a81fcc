package conformance

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"
)

// with lists the servers, besides Go's, that parse what arrived at a backend.
var with = flag.String("with", "", "also ask these `servers`, of nginx, haproxy and node, how they read what arrives; separated by commas")

// readerNames are the names of all readers.
var readerNames = []string{"go", "nginx", "haproxy", "node"}

// A reader is an HTTP server that reports each request as it has parsed it. It listens on
// a Unix socket.
type reader struct {
	name   string
	socket string
}

// readHeader is the response header in which a reader reports a request. It is a header
// because the answer to HEAD has no body.
const readHeader = "X-Read"

// startReaders starts Go's server and those of -with. nginx and haproxy forward the
// requests that they have parsed to Go's server, which reports them.
func startReaders(t *testing.T) []reader {
	t.Helper()
	dir, err := os.MkdirTemp("", "elbow") // short, since the path of a socket has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	readers := []reader{{"go", filepath.Join(dir, "go")}}
	startGo(t, readers[0].socket)
	for name := range strings.SplitSeq(*with, ",") {
		if name == "" {
			continue
		}
		if !slices.Contains(readerNames[1:], name) {
			t.Fatalf("-with: unknown server %q", name)
		}
		rd := reader{name, filepath.Join(dir, name)}
		startProgram(t, rd, dir)
		readers = append(readers, rd)
	}
	return readers
}

// startGo starts a reader that uses net/http.
func startGo(t *testing.T, socket string) {
	t.Helper()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(tell), DisableGeneralOptionsHandler: true}
	ended := make(chan struct{})
	go func() { // ends with Close below
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		_ = s.Close()
		<-ended
	})
}

// tell reports the request in a header.
func tell(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // an incomplete request is not reported
	}
	text, err := json.Marshal(request{r.Method, r.RequestURI, r.Host, digest(string(body))})
	if err != nil {
		panic(err)
	}
	w.Header().Set(readHeader, base64.StdEncoding.EncodeToString(text))
}

// maxTold bounds the bytes of a body that is reported as it is. A longer one is reported
// by its hash, so that the header stays below the limits of all readers.
const maxTold = 1000

func digest(body string) string {
	if len(body) <= maxTold {
		return body
	}
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// commands are the command lines of the readers. A name in braces stands for the path of a
// file that is rendered from the template of that name in testdata/readers.
var commands = map[string][]string{
	"nginx":   {"nginx", "-p", ".", "-e", "nginx.log", "-c", "{nginx.conf}"},
	"haproxy": {"haproxy", "-db", "-f", "{haproxy.cfg}"},
	"node":    {"node", "--max-http-header-size=131072", "{node.js}"},
}

// startProgram starts a reader that is another program, and waits until it listens.
func startProgram(t *testing.T, rd reader, dir string) {
	t.Helper()
	args := slices.Clone(commands[rd.name])
	for i, a := range args {
		if strings.HasPrefix(a, "{") {
			args[i] = fill(t, strings.Trim(a, "{}"), rd, dir)
		}
	}
	path, err := lookPath(args[0])
	if err != nil {
		t.Fatalf("%v; make conformance installs it", err)
	}
	var log bytes.Buffer
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { // ends when the program does
		defer close(ended)
		_ = cmd.Wait() // it is killed below
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%s said: %s", rd.name, log.Bytes())
		}
	})
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience); ; {
		if c, err := net.Dial("unix", rd.socket); err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-again.C:
		case <-ended:
			t.Fatalf("%s ended: %s", rd.name, log.Bytes())
		case <-late:
			t.Fatalf("%s does not listen", rd.name)
		}
	}
}

// lookPath finds a program, also in Debian's directories for administrators.
func lookPath(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		if sbin := filepath.Join("/usr/sbin", name); exec.Command(sbin, "-v").Run() == nil {
			return sbin, nil
		}
	}
	return path, err
}

// fill renders a template of testdata/readers into dir.
func fill(t *testing.T, name string, rd reader, dir string) string {
	t.Helper()
	text, err := template.ParseFiles(filepath.Join("testdata", "readers", name))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, map[string]string{"Listen": rd.socket, "Go": filepath.Join(dir, "go"), "Dir": dir}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// ending is sent to a reader after the recorded bytes. It ends the connection, and is
// parsed only if the reader agrees where the request before it ends.
const ending = "GET /ending HTTP/1.1\r\nHost: ending.test\r\nConnection: close\r\n\r\n"

// read sends pieces to the reader, each after the answer to the one before, and returns
// the requests that the reader parsed and whether it refused the rest. If cut is set, it
// ends the connection afterwards, because the pieces do not.
func (rd reader) read(pieces [][]byte, cut bool, methods []string) (seen []request, refused bool, err error) {
	c, err := net.Dial("unix", rd.socket)
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, false, err
	}
	next := make(chan struct{}, len(pieces))
	written := make(chan struct{})
	defer func() { close(next); <-written }()
	go func() { // ends when everything is written, or when the reader stops answering
		defer close(written)
		for i, p := range pieces {
			if i > 0 {
				<-next
			}
			_, _ = c.Write(p) // fails if the reader refuses the request early
		}
		if cut {
			_ = c.(*net.UnixConn).CloseWrite()
		}
	}()
	br := bufio.NewReader(c)
	for {
		method := "GET"
		if len(seen) < len(methods) {
			method = methods[len(seen)]
		}
		req, status, err := readTold(br, method)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || err != nil && refused:
			return seen, refused, nil
		case err != nil:
			return seen, refused, err
		case status >= 300:
			refused = true
		case status == 200:
			seen = append(seen, req)
			select {
			case next <- struct{}{}:
			default: // there are more answers than pieces
			}
		}
	}
}

// readTold reads one answer of a reader.
func readTold(br *bufio.Reader, method string) (req request, status int, err error) {
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		return req, 0, err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return req, 0, err
	}
	if resp.StatusCode != 200 {
		return req, resp.StatusCode, nil
	}
	text, err := base64.StdEncoding.DecodeString(resp.Header.Get(readHeader))
	if err == nil {
		err = json.Unmarshal(text, &req)
	}
	return req, 200, err
}

// checkReading checks that a reader parses what arrived over one connection as the origin
// did.
func (c *requestCase) checkReading(t *testing.T, rd reader, rec *recording) {
	t.Helper()
	want := slices.Clone(rec.requests)
	for i := range want {
		want[i].Body = digest(want[i].Body)
	}
	pieces := rec.pieces()
	whole := rec.whole()
	if whole {
		last := &pieces[len(pieces)-1]
		*last = append(slices.Clone(*last), ending...)
		want = append(want, request{"GET", "/ending", "ending.test", ""})
	}
	var methods []string
	for _, r := range want {
		methods = append(methods, r.Method)
	}
	seen, refused, err := rd.read(pieces, !whole, methods)
	if err != nil {
		t.Errorf("%s: %s: %v after %q, of %q", c.where, rd.name, err, seen, pieces)
		return
	}
	if refused && c.stricter[rd.name] != "" && len(seen) < len(want) {
		want = want[:len(seen)]
	}
	if !slices.Equal(seen, want) {
		t.Errorf("%s: %s reads %.800q (refused: %v), want %.800q, of %.2000q", c.where, rd.name, seen, refused, want, pieces)
	}
}

package elbtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"elbow/internal/api"
)

// attackConns is the number of connections that the unauthenticated clients open, and
// apiConns the number that the node accepts on the API's port.
const (
	attackConns = 300
	apiConns    = 48
)

// A usage is the resource usage of a node at one moment.
type usage struct{ files, goroutines, memory int } // memory in bytes

// usageOf reads the process's usage from /proc and from its metrics.
func usageOf(t *testing.T, n *Node) (s usage) {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", n.PID()))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get("http://" + n.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string) int {
		found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
		if found == nil {
			t.Fatalf("no metric %s", name)
		}
		v, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return int(v)
	}
	return usage{len(files), value("go_goroutines"), value("go_memstats_heap_inuse_bytes") + value("go_memstats_stack_inuse_bytes")}
}

// checkGrowth checks that an attack has not increased the usage of a node by more than most.
func (before usage) checkGrowth(t *testing.T, n *Node, a attack, most usage) {
	t.Helper()
	now := usageOf(t, n)
	more := usage{now.files - before.files, now.goroutines - before.goroutines, now.memory - before.memory}
	t.Logf("%s: %d descriptors, %d goroutines, %d MiB more", a.name, more.files, more.goroutines, more.memory>>20)
	if more.files > most.files {
		t.Errorf("%s: %d descriptors more", a.name, more.files)
	}
	if more.goroutines > most.goroutines {
		t.Errorf("%s: %d goroutines more", a.name, more.goroutines)
	}
	if more.memory > most.memory {
		t.Errorf("%s: %d MiB more", a.name, more.memory>>20)
	}
}

// An attack is a text that each connection of an unauthenticated client sends, repeatedly
// if the node answers it.
type attack struct {
	name  string
	text  string
	times int // 1 if it is not a complete request
}

const wrongPasswords = "wrong passwords"

// attacks returns the attacks without credentials. form is a sign-in form of the console,
// which is needed for a password to be checked.
func attacks(form signInForm) []attack {
	const host = " HTTP/1.1\r\nHost: localhost\r\n"
	big := strings.Repeat("x", 1<<20)
	body := func(head, body string) string {
		return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	multipart := "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\n\r\n" + big + "\r\n--b--\r\n"
	signed := "&AccessKeyId=root-key&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n&Timestamp=2026-01-01T00:00:00Z&Signature=wrong"
	return []attack{
		{"idle connections", "", 1},
		{"unfinished heads", "GET /" + host + "X: " + big, 1},
		{"unfinished query", "GET /?Action=" + big, 1},
		{"unfinished body", "POST /" + host + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\n" + big[:150_000], 1},
		{"unfinished chunks", "POST /" + host + "Transfer-Encoding: chunked\r\n\r\n40000\r\n" + big[:150_000], 1},
		{"unfinished form of the console", "POST /console/signin" + host + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n" + multipart[:800_000], 1},
		{"unfinished head on the admin port", "GET /healthz" + host + "X: " + big[:50_000], 1},
		{"bodies too large", body("POST /"+host+"Content-Type: application/x-www-form-urlencoded\r\n", "a="+big), 4},
		{"multipart forms", body("POST /console/signin"+host+"Content-Type: multipart/form-data; boundary=b\r\n", multipart), 4},
		{"GET with a multipart body", body("GET /console/explorer?q=a"+host+"Content-Type: multipart/form-data; boundary=b\r\n", multipart), 4},
		{"chunked GET", "GET /console/signin" + host + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + big + "\r\n0\r\n\r\n", 4},
		{"wrong signatures", "GET /?Action=DescribeLoadBalancers&Version=2017-11-10" + signed + host + "\r\n", 4},
		{"unknown operations", "GET /?Action=Nothing&Version=2017-11-10" + host + "\r\n", 4},
		{"malformed requests", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 4},
		{wrongPasswords, body("POST /console/signin"+host+"Cookie: "+form.cookie+"\r\nContent-Type: application/x-www-form-urlencoded\r\n",
			url.Values{"csrf": {form.token}, "by": {"password"}, "name": {"nobody"}, "secret": {"wrong"}}.Encode()), 4},
		{"OpenAPI document", "GET /console/openapi.json" + host + "\r\n", 4},
		{"explorer", "GET /console/explorer" + host + "\r\n", 4},
		{"static files", "GET /console/static/x/style.css" + host + "\r\n", 4},
		{"event streams", "GET /console/live/overview" + host + "Accept: text/event-stream\r\n\r\n", 4},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 4},
	}
}

// A signInForm has the cookie and the token of a sign-in page.
type signInForm struct{ cookie, token string }

func newSignInForm(t *testing.T, n *Node) (f signInForm) {
	t.Helper()
	v := newVisitor(t, n)
	_, _, page := v.get("signin")
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	cookies := v.client.Jar.Cookies(at)
	if v.token == "" || len(cookies) != 1 {
		t.Fatalf("the sign-in page has no form: %s", page)
	}
	return signInForm{cookies[0].Name + "=" + cookies[0].Value, v.token}
}

// flood opens the connections of unauthenticated clients, and returns a function that ends
// them.
func flood(t *testing.T, addr string, a attack) (end func()) {
	t.Helper()
	var conns []net.Conn
	var all sync.WaitGroup
	begun := make(chan struct{}, attackConns)
	for range attackConns {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		all.Go(func() { // ends with the connection
			defer func() { begun <- struct{}{} }()
			for i := range a.times {
				if _, err := io.WriteString(c, a.text); err != nil {
					return
				}
				if i == 0 && a.times > 1 {
					all.Go(func() { _, _ = io.Copy(io.Discard, c) }) // ends with the connection
				}
			}
		})
	}
	for range attackConns {
		<-begun // everything is sent, or the connection is closed
	}
	return func() {
		for _, c := range conns {
			c.Close()
		}
		all.Wait()
	}
}

// Whatever unauthenticated clients do at the API's port, their cost is bounded, traffic is
// served, and so are new clients with a key.
func TestUnauthenticatedClients(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Args: []string{"-max-api-connections", fmt.Sprint(apiConns), "-memory-limit", "512MiB"}})
	s := NewSite(t, n, NewBackend(t, "a"))
	f := s.Listen(t, nil)
	c := f.Client(t, "")
	before := usageOf(t, n)
	for _, a := range attacks(newSignInForm(t, n)) {
		addr, bound := n.API, apiConns
		if strings.Contains(a.name, "admin port") {
			addr, bound = n.Admin, 64
		}
		end := flood(t, addr, a)
		if got := f.Get(t, c, "/"); got.Status != http.StatusOK {
			t.Errorf("%s: traffic is answered with %d", a.name, got.Status)
		}
		before.checkGrowth(t, n, a, usage{files: bound + apiConns, goroutines: 6*bound + 50, memory: 192 << 20})
		Eventually(t, func() error { // a connection that is closed to make room is tried again
			transport := new(http.Transport)
			defer transport.CloseIdleConnections()
			rpc := n.RPC()
			rpc.HTTP = &http.Client{Transport: transport}
			_, err := rpc.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
			return err
		})
		if a.name == wrongPasswords { // checks wait for their turn, and are skipped if the client disconnects
			Eventually(t, func() error {
				if !n.log.contains("console sign-in refused") {
					return errors.New("no password was looked at")
				}
				return nil
			})
		}
		end()
	}
	audit, err := os.ReadFile(filepath.Join(n.Data(), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	// Several thousand refused calls result in a hundred lines, some more over time, and
	// sums.
	if lines := bytes.Count(audit, []byte("\n")) - bytes.Count(audit, []byte(`"account"`)); lines > 300 {
		t.Errorf("%d audit lines of unauthenticated calls", lines)
	}
	if lines := strings.Count(n.Log(), "\n"); lines > 500 {
		t.Errorf("%d lines in the log", lines)
	}
}

// The cost of TLS handshakes that never complete is bounded too, and a client that
// completes one is served.
func TestUnfinishedHandshakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair := NewCertificate(t, "localhost")
	cert, key := filepath.Join(dir, "api.pem"), filepath.Join(dir, "api.key")
	for path, text := range map[string]string{cert: pair.Chain, key: pair.Key} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := Start(t, Options{Args: []string{"-api-cert", cert, "-api-key", key, "-max-api-connections", fmt.Sprint(apiConns)}})
	before := usageOf(t, n)
	// A part of a ClientHello of crypto/tls, after which the server waits for more.
	hello := new(bytes.Buffer)
	_ = tls.Client(kept{to: hello}, &tls.Config{ServerName: "localhost"}).Handshake() // nobody answers
	for _, a := range []attack{
		{"nothing", "", 1},
		{"half a ClientHello", hello.String()[:hello.Len()/2], 1},
		{"a ClientHello and no more", hello.String(), 1},
		{"records that are none", "\x16\x03\x01\x40\x00" + strings.Repeat("x", 1000), 1},
	} {
		end := flood(t, n.API, a)
		before.checkGrowth(t, n, a, usage{files: 2 * apiConns, goroutines: 6*apiConns + 50, memory: 64 << 20})
		Eventually(t, func() error {
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
			defer transport.CloseIdleConnections()
			rpc := n.RPC()
			rpc.Endpoint, rpc.HTTP = "https://"+n.API, &http.Client{Transport: transport}
			_, err := rpc.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil)
			return err
		})
		end()
	}
}

// A kept is a connection that records what is written and has nothing to read.
type kept struct {
	net.Conn
	to *bytes.Buffer
}

func (r kept) Write(p []byte) (int, error) { return r.to.Write(p) }

func (r kept) Read([]byte) (int, error) { return 0, io.EOF }

func (r kept) Close() error { return nil }

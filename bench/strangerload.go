//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// strangersLead is how long the unauthenticated clients run before the round, so that
	// the bursts which the node accepts are over.
	strangersLead = time.Second

	// strangerPatience bounds a connection of theirs.
	strangerPatience = 10 * time.Second

	// signInsEach is how often one of them tries a password: a node has an address
	// wait after a hundred.
	signInsEach = 50
)

// A way is one of those in which a client without credentials keeps the API and the
// console busy.
type way struct {
	name    string // as -ways takes it
	workers int
	rate    int // a second, at most
	once    func(w *way, to order) error

	done atomic.Int64
	mu   sync.Mutex
	next time.Time // guarded by mu; when the next one may begin
}

// ways returns the kinds of load of unauthenticated clients. Each rate exceeds what a node
// begins for them (500 requests and 200 handshakes a second), and is low enough not to
// fill the core of the clients.
func ways() []*way {
	return []*way{
		{name: "signatures", workers: 32, rate: 1000, once: asking(false, wrongSignature)},
		{name: "pages", workers: 8, rate: 200, once: asking(true, consolePage)},
		{name: "sign-ins", workers: 8, rate: 100, once: signIn},
		{name: "bodies", workers: 4, rate: 20, once: asking(false, largeBody)},
		{name: "handshakes", workers: 16, rate: 500, once: beginHandshake},
		{name: "slow", workers: 64, rate: 300, once: slowHead},
	}
}

func wayNames() (names []string) {
	for _, w := range ways() {
		names = append(names, w.name)
	}
	return names
}

// strangersRole is the child of startStrangers: an order with the address. It goes on
// until its input ends, and tells how much of what it did in a second.
func strangersRole(args []string) error {
	var to order
	if err := json.Unmarshal([]byte(args[0]), &to); err != nil {
		return err
	}
	all := slices.DeleteFunc(ways(), func(w *way) bool { return len(to.Ways) > 0 && !slices.Contains(to.Ways, w.name) })
	for _, w := range all {
		for range w.workers {
			go w.run(to) // ends with the process
		}
	}
	began := time.Now()
	time.Sleep(strangersLead)
	fmt.Println("begun")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	var told []string
	for _, w := range all {
		told = append(told, fmt.Sprintf("%.0f %s/s", float64(w.done.Load())/time.Since(began).Seconds(), w.name))
	}
	fmt.Println(strings.Join(told, ", "))
	return nil
}

// run comes again and again. What becomes of it does not matter.
func (w *way) run(to order) {
	for {
		if w.once(w, to) != nil {
			w.pause() // a node that closes connections is not asked without an end
		}
	}
}

// pause waits for the next moment at which one of all workers may begin something.
func (w *way) pause() {
	w.mu.Lock()
	now := time.Now()
	if w.next.Before(now) {
		w.next = now
	}
	wait := w.next.Sub(now)
	w.next = w.next.Add(time.Second / time.Duration(w.rate))
	w.mu.Unlock()
	time.Sleep(wait)
}

// dialFrom connects from an address of its own: whoever fails too often from one is
// not listened to any more.
func dialFrom(address string) (net.Conn, error) {
	from := net.IPv4(127, 200+byte(mathrand.IntN(50)), byte(mathrand.IntN(256)), byte(1+mathrand.IntN(250)))
	d := net.Dialer{Timeout: strangerPatience, LocalAddr: &net.TCPAddr{IP: from}}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(strangerPatience))
}

// connect opens a connection for requests. Those of the console come over TLS where
// the server speaks it, as nothing else is served then.
func connect(to order, console bool) (net.Conn, *bufio.Reader, error) {
	c, err := dialFrom(to.Address)
	if err != nil {
		return nil, nil, err
	}
	if console && to.Secure {
		c = tls.Client(c, clientTLS)
	}
	return c, bufio.NewReader(c), nil
}

// asking makes requests on one connection until it is closed.
func asking(console bool, request func() string) func(*way, order) error {
	return func(w *way, to order) error {
		c, answers, err := connect(to, console)
		if err != nil {
			return err
		}
		defer c.Close()
		for {
			w.pause()
			res, _, err := ask(c, answers, request())
			if err != nil {
				return err
			}
			w.done.Add(1)
			if res.Close {
				return nil
			}
		}
	}
}

// ask sends a request and reads its answer, which may come first.
func ask(c net.Conn, answers *bufio.Reader, text string) (*http.Response, []byte, error) {
	go io.WriteString(c, text) // ends with the connection; that nobody reads it shows below
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

const strangerHost = " HTTP/1.1\r\nHost: localhost\r\n"

func wrongSignature() string {
	return "GET /?Action=DescribeLoadBalancers&Version=" + ensVersion + "&AccessKeyId=bench&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=" +
		rand.Text() + "&Timestamp=" + time.Now().UTC().Format("2006-01-02T15:04:05Z") + "&Signature=wrong" + strangerHost + "\r\n"
}

var consolePages = []string{"/console/openapi.json", "/console/explorer", "/console/signin", "/console/static/x/style.css"}

func consolePage() string {
	return "GET " + consolePages[mathrand.IntN(len(consolePages))] + strangerHost + "\r\n"
}

// formToken is the token of the form in a page of the console.
var formToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// signIn tries passwords of many users from one address, in the form that the
// console gives it.
func signIn(w *way, to order) error {
	c, answers, err := connect(to, true)
	if err != nil {
		return err
	}
	defer c.Close()
	res, page, err := ask(c, answers, "GET /console/signin"+strangerHost+"\r\n")
	if err != nil {
		return err
	}
	cookie, token := "", ""
	for _, one := range res.Cookies() {
		cookie += one.Name + "=" + one.Value + "; "
	}
	if found := formToken.FindSubmatch(page); found != nil {
		token = string(found[1])
	}
	for range signInsEach {
		form := url.Values{"by": {"password"}, "csrf": {token}, "name": {"user" + rand.Text()}, "secret": {"wrong"}}.Encode()
		w.pause()
		_, _, err := ask(c, answers, fmt.Sprintf("POST /console/signin"+strangerHost+"Cookie: %s\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", cookie, len(form), form))
		if err != nil {
			return err
		}
		w.done.Add(1)
	}
	return nil
}

// largeForm is more than any part of the API or the console takes.
var largeForm = "a=" + strings.Repeat("x", 1<<20)

func largeBody() string {
	return fmt.Sprintf("POST /"+strangerHost+"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(largeForm), largeForm)
}

// clientHello is as crypto/tls sends it.
var clientHello = sync.OnceValue(func() []byte {
	near, far := net.Pipe()
	go func() { // ends with the pipe
		_ = tls.Client(near, clientTLS).Handshake() // nobody answers
	}()
	hello := make([]byte, 64<<10)
	n, _ := far.Read(hello) // a pipe gives what was written
	_ = far.Close()         // it is a pipe
	return slices.Clone(hello[:n])
})

// beginHandshake leaves when the server has done its part.
func beginHandshake(w *way, to order) error {
	c, err := dialFrom(to.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	w.pause()
	if _, err := c.Write(clientHello()); err != nil {
		return err
	}
	if _, err := c.Read(make([]byte, 4<<10)); err != nil {
		return err
	}
	w.done.Add(1)
	return nil
}

// slowHead sends a byte now and then.
func slowHead(w *way, to order) error {
	c, err := dialFrom(to.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, b := range bytes.Repeat([]byte("x"), 1000) {
		w.pause()
		if _, err := c.Write([]byte{b}); err != nil {
			return err
		}
		w.done.Add(1)
	}
	return nil
}

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
	// attackLead is the time for which the unauthenticated clients run before the round, so
	// that the bursts which the node accepts are over.
	attackLead = time.Second

	// attackTimeout bounds the time for which one of their connections is open.
	attackTimeout = 10 * time.Second

	// signInsEach is the number of passwords that are tried from one address. A node
	// makes an address wait after a hundred.
	signInsEach = 50
)

// An attack is a kind of load that clients without credentials put on the API and the
// console.
type attack struct {
	name    string // as -attacks takes it
	workers int
	rate    int // begun in a second by all workers, at most
	once    func(a *attack, to order) error

	done atomic.Int64
	mu   sync.Mutex
	next time.Time // guarded by mu: instant at which the next may begin
}

// attacks returns all kinds. Each rate exceeds what a node begins for such clients (500
// requests and 200 handshakes a second), and is low enough not to saturate the core of the
// clients.
func attacks() []*attack {
	return []*attack{
		{name: "signatures", workers: 32, rate: 1000, once: asking(false, wrongSignature)},
		{name: "pages", workers: 8, rate: 200, once: asking(true, consolePage)},
		{name: "sign-ins", workers: 8, rate: 100, once: signIn},
		{name: "bodies", workers: 4, rate: 20, once: asking(false, largeBody)},
		{name: "handshakes", workers: 16, rate: 500, once: beginHandshake},
		{name: "slow", workers: 64, rate: 300, once: slowHead},
	}
}

func attackNames() (names []string) {
	for _, a := range attacks() {
		names = append(names, a.name)
	}
	return names
}

// anonymousRole runs in the child process that startAnonymous starts. Its argument is an
// order with the address. It attacks until its standard input ends, and then prints the
// rate of each attack.
func anonymousRole(args []string) error {
	var to order
	if err := json.Unmarshal([]byte(args[0]), &to); err != nil {
		return err
	}
	all := slices.DeleteFunc(attacks(), func(a *attack) bool { return len(to.Attacks) > 0 && !slices.Contains(to.Attacks, a.name) })
	for _, a := range all {
		for range a.workers {
			go a.run(to) // ends with the process
		}
	}
	began := time.Now()
	time.Sleep(attackLead)
	fmt.Println("begun")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	var told []string
	for _, a := range all {
		told = append(told, fmt.Sprintf("%.0f %s/s", float64(a.done.Load())/time.Since(began).Seconds(), a.name))
	}
	fmt.Println(strings.Join(told, ", "))
	return nil
}

// run repeats the attack. Failures are not reported: the node is expected to refuse.
func (a *attack) run(to order) {
	for {
		if a.once(a, to) != nil {
			a.pause() // so that refused connections do not become a busy loop
		}
	}
}

// pause waits for the next instant at which a worker may begin, so that all of them
// together keep to the rate.
func (a *attack) pause() {
	a.mu.Lock()
	now := time.Now()
	if a.next.Before(now) {
		a.next = now
	}
	wait := a.next.Sub(now)
	a.next = a.next.Add(time.Second / time.Duration(a.rate))
	a.mu.Unlock()
	time.Sleep(wait)
}

// dialFrom connects from a random loopback address, because a node stops answering an
// address after too many failures.
func dialFrom(address string) (net.Conn, error) {
	from := net.IPv4(127, 200+byte(mathrand.IntN(50)), byte(mathrand.IntN(256)), byte(1+mathrand.IntN(250)))
	d := net.Dialer{Timeout: attackTimeout, LocalAddr: &net.TCPAddr{IP: from}}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(attackTimeout))
}

// connect opens a connection for requests. It uses TLS for the console if the server
// speaks it, because the console is not served without TLS then.
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
func asking(console bool, request func() string) func(*attack, order) error {
	return func(a *attack, to order) error {
		c, answers, err := connect(to, console)
		if err != nil {
			return err
		}
		defer c.Close()
		for {
			a.pause()
			res, _, err := ask(c, answers, request())
			if err != nil {
				return err
			}
			a.done.Add(1)
			if res.Close {
				return nil
			}
		}
	}
}

// ask sends a request and reads its answer, which may come before all of the request is
// sent.
func ask(c net.Conn, answers *bufio.Reader, text string) (*http.Response, []byte, error) {
	go io.WriteString(c, text) // ends with the connection; an error of it shows in ReadResponse
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

const attackHost = " HTTP/1.1\r\nHost: localhost\r\n"

func wrongSignature() string {
	return "GET /?Action=DescribeLoadBalancers&Version=" + ensVersion + "&AccessKeyId=bench&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=" +
		rand.Text() + "&Timestamp=" + time.Now().UTC().Format("2006-01-02T15:04:05Z") + "&Signature=wrong" + attackHost + "\r\n"
}

var consolePages = []string{"/console/openapi.json", "/console/explorer", "/console/signin", "/console/static/x/style.css"}

func consolePage() string {
	return "GET " + consolePages[mathrand.IntN(len(consolePages))] + attackHost + "\r\n"
}

// formToken matches the CSRF token in the form of a page of the console.
var formToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// signIn tries passwords of many users from one address. It loads the sign-in page
// first, since the console refuses a form without its token.
func signIn(a *attack, to order) error {
	c, answers, err := connect(to, true)
	if err != nil {
		return err
	}
	defer c.Close()
	res, page, err := ask(c, answers, "GET /console/signin"+attackHost+"\r\n")
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
		a.pause()
		_, _, err := ask(c, answers, fmt.Sprintf("POST /console/signin"+attackHost+"Cookie: %s\r\n"+
			"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", cookie, len(form), form))
		if err != nil {
			return err
		}
		a.done.Add(1)
	}
	return nil
}

// largeForm exceeds the limit on bodies of the API and of the console.
var largeForm = "a=" + strings.Repeat("x", 1<<20)

func largeBody() string {
	return fmt.Sprintf("POST /"+attackHost+"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(largeForm), largeForm)
}

// clientHello returns a ClientHello of crypto/tls.
var clientHello = sync.OnceValue(func() []byte {
	near, far := net.Pipe()
	go func() { // ends with the pipe
		_ = tls.Client(near, clientTLS).Handshake() // fails, since the pipe is closed instead of an answer
	}()
	hello := make([]byte, 64<<10)
	n, _ := far.Read(hello) // a pipe gives what was written
	_ = far.Close()         // it is a pipe
	return slices.Clone(hello[:n])
})

// beginHandshake sends a ClientHello and disconnects at the server's answer, for which the
// server has computed its part of the handshake.
func beginHandshake(a *attack, to order) error {
	c, err := dialFrom(to.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	a.pause()
	if _, err := c.Write(clientHello()); err != nil {
		return err
	}
	if _, err := c.Read(make([]byte, 4<<10)); err != nil {
		return err
	}
	a.done.Add(1)
	return nil
}

// slowHead sends a request head that does not end, a byte at a time.
func slowHead(a *attack, to order) error {
	c, err := dialFrom(to.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, b := range bytes.Repeat([]byte("x"), 1000) {
		a.pause()
		if _, err := c.Write([]byte{b}); err != nil {
			return err
		}
		a.done.Add(1)
	}
	return nil
}

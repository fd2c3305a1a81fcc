package handover

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// socketName is the socket in the data directory. Only its owner may open it,
// because whoever does can take over everything.
const socketName = "takeover.sock"

const (
	// helloTimeout bounds the exchange of Hello and Answer, in each direction.
	helloTimeout = 5 * time.Second

	// retryPause is how long accepting stops after an accept failed.
	retryPause = 100 * time.Millisecond
)

// A Listener accepts takeover requests and calls of other processes.
type Listener struct {
	program string
	log     *slog.Logger
	unix    *net.UnixListener

	requests chan *Request
	calls    chan net.Conn
	busy     atomic.Bool // a takeover is in progress
	closed   chan struct{}
	once     sync.Once
	running  sync.WaitGroup
}

// Listen opens the socket in the data directory, replacing that of an older
// process. program is the version of this one.
func Listen(dir, program string, log *slog.Logger) (*Listener, error) {
	path := filepath.Join(dir, socketName)
	l := &Listener{
		program:  program,
		log:      log,
		requests: make(chan *Request),
		calls:    make(chan net.Conn),
		closed:   make(chan struct{}),
	}
	// Under a temporary name first: there is never a moment without the socket.
	fresh := path + ".new"
	_ = os.Remove(fresh) // left by a process that died at this point
	err := InDirectory(fresh, func(name string) (err error) {
		l.unix, err = net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: name})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("takeover socket: %w", err)
	}
	l.unix.SetUnlinkOnClose(false) // by then it may be that of the next process
	err = errors.Join(os.Chmod(fresh, 0o600), os.Rename(fresh, path))
	if err != nil {
		_ = l.unix.Close() // no process has connected
		return nil, fmt.Errorf("takeover socket: %w", err)
	}
	l.running.Go(l.accept) // ends with the socket; Close waits
	return l, nil
}

// Requests receives takeover requests, one at a time: until Request.Close the
// next one is refused.
func (l *Listener) Requests() <-chan *Request { return l.requests }

// Calls is a net.Listener that accepts the calls that older processes pass on:
// connections with one HTTP request each.
func (l *Listener) Calls() net.Listener { return &calls{l} }

// Close stops accepting.
func (l *Listener) Close() {
	l.once.Do(func() {
		close(l.closed)
		_ = l.unix.Close()
	})
	l.running.Wait()
}

func (l *Listener) accept() {
	for {
		conn, err := l.unix.AcceptUnix()
		switch {
		case err == nil:
			l.running.Go(func() { l.hear(&channel{conn}) }) // ends after helloTimeout, or when it was passed on
		case errors.Is(err, net.ErrClosed):
			return
		default:
			l.log.Warn("accept on the takeover socket failed", "err", err)
			select {
			case <-time.After(retryPause):
			case <-l.closed:
				return
			}
		}
	}
}

// hear reads the Hello of a connection and answers it.
func (l *Listener) hear(c *channel) {
	c.within(helloTimeout)
	pid, err := peer(c.conn)
	if err != nil {
		l.log.Warn("takeover refused", "err", err)
		c.close()
		return
	}
	var hello Hello
	files, err := c.receive(&hello)
	closeAll(files)
	if err != nil {
		c.close()
		return
	}
	v, err := hello.agree()
	switch {
	case err != nil:
	case hello.Purpose == Takeover && l.busy.Swap(true):
		err = errors.New("another takeover is in progress")
	case hello.Purpose != Takeover && hello.Purpose != Call:
		err = fmt.Errorf("no such purpose: %q", hello.Purpose)
	}
	answer := Answer{Version: v, Program: l.program}
	if err != nil {
		l.log.Warn("takeover refused", "pid", pid, "version", hello.Program, "err", err)
		answer.Refused = err.Error()
		_ = c.send(answer, nil) // the peer may be gone
		c.close()
		return
	}
	l.accepted(c, &hello, answer, pid)
}

// accepted passes a connection on to the goroutine that waits for it.
func (l *Listener) accepted(c *channel, hello *Hello, answer Answer, pid int) {
	if err := c.send(answer, nil); err != nil {
		if hello.Purpose == Takeover {
			l.busy.Store(false)
		}
		c.close()
		return
	}
	_ = c.conn.SetDeadline(time.Time{}) // fails only if closed
	if hello.Purpose == Call {
		select {
		case l.calls <- &call{UnixConn: c.conn, client: net.TCPAddrFromAddrPort(hello.Client), secure: hello.Secure}:
		case <-l.closed:
			c.close()
		}
		return
	}
	r := &Request{PID: pid, Program: hello.Program, channel: c, listener: l}
	select {
	case l.requests <- r:
	case <-l.closed:
		r.Close()
	}
}

// A call is a connection on which an older process passes a request on.
type call struct {
	*net.UnixConn
	client net.Addr
	secure bool
}

// RemoteAddr is that of the client.
func (c *call) RemoteAddr() net.Addr { return c.client }

// Secure reports whether the API request on this connection originally arrived
// over TLS.
func Secure(c net.Conn) bool {
	passed, ok := c.(*call)
	return ok && passed.secure
}

// calls is a Listener as a net.Listener.
type calls struct{ l *Listener }

func (c *calls) Accept() (net.Conn, error) {
	select {
	case conn := <-c.l.calls:
		return conn, nil
	case <-c.l.closed:
		return nil, net.ErrClosed
	}
}

func (c *calls) Close() error   { return nil } // the Listener is closed for all uses
func (c *calls) Addr() net.Addr { return c.l.unix.Addr() }

// DialCall connects to the process that serves now, to pass on a call of client.
func DialCall(dir, program string, client netip.AddrPort, secure bool) (net.Conn, error) {
	c, _, err := dial(dir, Hello{Program: program, Purpose: Call, Client: client, Secure: secure})
	if err != nil {
		return nil, err
	}
	return c.conn, nil
}

// ErrNobody says that no process listens in the data directory.
var ErrNobody = errors.New("no process runs on the data directory")

// dial connects and sends h.
func dial(dir string, h Hello) (*channel, Answer, error) {
	h.Version, h.Oldest = version, oldest
	var conn *net.UnixConn
	err := InDirectory(filepath.Join(dir, socketName), func(name string) (err error) {
		conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: name})
		return err
	})
	if err != nil {
		if nobody(err) {
			err = ErrNobody
		}
		return nil, Answer{}, err
	}
	c := &channel{conn}
	c.within(helloTimeout)
	answer, err := c.greet(h)
	if err != nil {
		c.close()
		return nil, Answer{}, err
	}
	_ = conn.SetDeadline(time.Time{}) // fails only if closed
	return c, answer, nil
}

func (c *channel) greet(h Hello) (Answer, error) {
	var a Answer
	if _, err := peer(c.conn); err != nil {
		return a, err
	}
	if err := c.send(h, nil); err != nil {
		return a, gone(err)
	}
	files, err := c.receive(&a)
	closeAll(files)
	switch {
	case err != nil:
		return a, gone(err)
	case a.Refused != "":
		return a, fmt.Errorf("the running process refuses: %s", a.Refused)
	}
	return a, nil
}

// gone turns the end of a connection into ErrNobody: only a process that dies
// closes it without a message.
func gone(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || nobody(err) {
		return ErrNobody
	}
	return err
}

// nobody reports whether err means that no process listens.
func nobody(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOENT) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// A probe requests one page from a backend. The texts of its errors contain no
// local port and nothing else that changes from one probe to the next: a new text
// is news (count.because).
type probe struct {
	address string
	request []byte
	toHead  bool
	success [6]bool
	timeout time.Duration
	control func(network, address string, c syscall.RawConn) error
}

func newProbe(cfg Config) *probe {
	p := &probe{
		address: cfg.Address,
		success: cfg.Success,
		timeout: cfg.Timeout,
		control: cfg.Control,
	}
	method, uri, host := strings.ToUpper(cfg.Method), cfg.URI, cfg.Host
	if method == "" {
		method = "HEAD"
	}
	if uri == "" {
		uri = "/"
	}
	if host == "" {
		host = cfg.Address
	}
	p.toHead = method == "HEAD"
	p.request = fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: KeepAliveClient\r\nAccept: */*\r\nConnection: close\r\n\r\n",
		method, uri, host)
	return p
}

// do runs the probe once, over a new connection. Redirects are not followed: 3xx
// is an answer like any other.
func (p *probe) do(ctx context.Context) error {
	deadline := time.Now().Add(p.timeout)
	// No keep-alive probes: the connection does not live long enough for one.
	dialer := net.Dialer{Deadline: deadline, KeepAlive: -1, Control: p.control}
	conn, err := dialer.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return p.reason("connect", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // cancels reads and writes
	if err := conn.SetDeadline(deadline); err != nil {
		return p.reason("connect", err)
	}
	if _, err := conn.Write(p.request); err != nil {
		return p.reason("send", err)
	}
	var answer head
	buf := make([]byte, readBytes)
	if err := p.receive(conn, &answer, buf); err != nil {
		return err
	}
	if !p.toHead {
		p.readBody(conn, buf, deadline)
	}
	if !p.success[answer.status/100] {
		return fmt.Errorf("status %d", answer.status)
	}
	return nil
}

// receive reads up to the end of the head.
func (p *probe) receive(conn net.Conn, answer *head, buf []byte) error {
	for {
		n, err := conn.Read(buf)
		done, bad := answer.add(buf[:n])
		switch {
		case bad != nil:
			return bad
		case done:
			return nil
		case err != nil:
			return p.reason("receive", err)
		}
	}
}

// readBody reads the body within its limits. How it ends does not matter.
func (p *probe) readBody(conn net.Conn, buf []byte, deadline time.Time) {
	if soon := time.Now().Add(bodyTimeout); soon.Before(deadline) {
		deadline = soon
	}
	if conn.SetReadDeadline(deadline) != nil {
		return
	}
	for left := maxBodyBytes; left > 0; {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		left -= n
	}
}

// reason returns the error of one step in the wording that operators see.
func (p *probe) reason(step string, err error) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fmt.Errorf("%s: no answer within %v", step, p.timeout)
	case errors.As(err, &errno):
		return fmt.Errorf("%s: %w", step, errno)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: connection closed before the end of the response head", step)
	}
	return fmt.Errorf("%s: %w", step, err)
}

// isTimeout also recognizes the timeout of a dial, which is no
// os.ErrDeadlineExceeded.
func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

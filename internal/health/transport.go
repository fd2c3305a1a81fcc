package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// connect probes a TCP backend: it opens a connection and closes it.
func (p *probe) connect(ctx context.Context) error {
	dialer := net.Dialer{Timeout: p.timeout, KeepAlive: -1, Control: p.control}
	conn, err := dialer.DialContext(ctx, "tcp", p.address)
	if err != nil {
		return p.reason("connect", err)
	}
	_ = conn.Close() // no bytes were exchanged
	return nil
}

// A datagramProbe probes a UDP backend.
type datagramProbe struct {
	*probe
	send, expect string
}

func newDatagramProbe(cfg Config) *datagramProbe {
	return &datagramProbe{newProbe(cfg), cfg.Request, cfg.Expect}
}

// do sends a datagram. An ICMP port unreachable is a failure. Silence is a
// failure only if an answer is expected; so is a different answer.
func (p *datagramProbe) do(ctx context.Context) error {
	dialer := net.Dialer{Control: p.control}
	conn, err := dialer.DialContext(ctx, "udp", p.address)
	if err != nil {
		return p.reason("connect", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // cancels the wait
	if err := conn.SetDeadline(time.Now().Add(p.timeout)); err != nil {
		return p.reason("connect", err)
	}
	if _, err := conn.Write([]byte(p.send)); err != nil {
		return p.reason("send", err)
	}
	buf := make([]byte, 64<<10)
	n, err := conn.Read(buf)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nobody listens on the port (ICMP)")
	case errors.Is(err, os.ErrDeadlineExceeded) && p.expect == "":
		return nil
	case err != nil:
		return p.reason("receive", err)
	case !strings.HasPrefix(string(buf[:n]), p.expect):
		return fmt.Errorf("the answer does not begin with %q", p.expect)
	}
	return nil
}

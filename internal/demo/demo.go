// Package demo runs the main use of elbow on one machine: it starts a node and three
// backends, configures them by signed calls, and sends requests. It leaves no files
// behind. Start reading at Run.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"elbow/internal/cli"
	"elbow/internal/elb"
	"elbow/internal/node"
	"elbow/internal/rpc"
)

// A demo is the server, its backends and its client.
type demo struct {
	screen   *cli.Screen
	dir      string
	node     *node.Node
	client   *rpc.Client
	backends []*demoBackend
	listener netip.AddrPort // where the demo's listener will be
	authority
}

// Run runs the demo, until ctx ends or a request fails. With once it sends a fixed number of
// requests instead and shows to which backends they went; then it also fails if that is not
// as configured.
func Run(ctx context.Context, out io.Writer, version string, once bool) error {
	d, err := newDemo(out, version)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer d.close()
	d.introduce()
	if err := d.configure(ctx); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d.invite()
	if once {
		err = d.measure(ctx)
	} else {
		err = d.watch(ctx)
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// demoDrain is the drain timeout of the demo's node: its only clients are the demo itself
// and perhaps a user's curl.
const demoDrain = time.Second

func newDemo(out io.Writer, version string) (d *demo, err error) {
	d = &demo{screen: cli.NewScreen(out)}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.dir, err = os.MkdirTemp("", "elbow-demo-"); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(d.dir, "elbow.log"))
	if err != nil {
		return nil, err
	}
	c := node.DefaultConfig()
	c.Version = version
	c.Data = filepath.Join(d.dir, "data")
	c.API, c.Admin = "127.0.0.1:0", "127.0.0.1:0"
	c.AccessLog = filepath.Join(d.dir, "access.log")
	c.DrainTimeout = demoDrain
	c.AccessKeyID, c.Secret = elb.NewAccessKeyID(), elb.NewAccessKeySecret()
	if c.VSwitch, d.listener, err = freeListener(); err != nil {
		return nil, err
	}
	if d.authority, err = newAuthority(d.dir); err != nil {
		return nil, err
	}
	for i, weight := range []int{100, 100, 50} {
		b, err := newDemoBackend(fmt.Sprintf("backend-%d", i+1), weight)
		if err != nil {
			return nil, err
		}
		d.backends = append(d.backends, b)
	}
	if d.node, err = node.Start(context.Background(), c, slog.New(slog.NewTextHandler(log, nil))); err != nil {
		return nil, err
	}
	d.client = &rpc.Client{Endpoint: d.node.APIURL, AccessKeyID: c.AccessKeyID, Secret: c.Secret}
	return d, nil
}

func (d *demo) close() {
	if d.node != nil {
		ctx, cancel := context.WithTimeout(context.Background(), demoDrain)
		defer cancel()
		d.node.Close(ctx)
	}
	for _, b := range d.backends {
		b.close()
	}
	if d.dir != "" {
		_ = os.RemoveAll(d.dir) // the directory is in the temporary directory
	}
}

// demoPort is the port of the listener, which needs no privilege.
const demoPort = 8443

// freeListener returns a vSwitch on whose first address the port is free. Where only
// 127.0.0.1 is configured, as on macOS, the vSwitch is that address.
func freeListener() (netip.Prefix, netip.AddrPort, error) {
	for second := 8; second < 64; second++ {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{127, byte(second), 0, 0}), 16)
		at := netip.AddrPortFrom(elb.FreeAddress(p, func(_, _ netip.Addr) int { return 0 }), demoPort)
		l, err := net.Listen("tcp", at.String())
		if err == nil {
			return p, at, l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.Prefix{}, netip.AddrPort{}, err
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	return netip.PrefixFrom(at.Addr(), 32), at, l.Close()
}

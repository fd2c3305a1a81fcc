package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"elbow/internal/handover"
)

// ports are the sockets of the node's own servers. They are opened before anything is
// written, so that a start which fails because a port is taken leaves no files.
type ports struct {
	api, admin *net.TCPListener // admin: nil if it is off
	pair       *keyPair         // of the API; nil: plain HTTP
}

// openPorts opens them, or uses those of the older process. ends closes them.
func openPorts(c Config, older *predecessor, ends *ends, log *slog.Logger) (p ports, err error) {
	if c.APICert != "" {
		p.pair = &keyPair{certFile: c.APICert, keyFile: c.APIKey}
		if err := p.pair.read(); err != nil {
			return p, err
		}
		if err := p.pair.validity(time.Now()); err != nil {
			log.Warn("certificate of the API not valid", "err", err)
		}
	}
	var failed []string
	open := func(name, asked string, of func(*handover.State) *handover.Server) *net.TCPListener {
		l, err := listenPatiently(c, asked, older, of)
		if err != nil {
			failed = append(failed, portError(name, asked, err).Error())
			return nil
		}
		ends.atEnd(func() { _ = l.Close() }) // fails if a server has closed it already
		return l.(*net.TCPListener)
	}
	p.api = open("-api", c.API, apiOf)
	if c.Admin != Off {
		p.admin = open("-admin", c.Admin, adminOf)
	}
	if len(failed) > 0 {
		return p, errors.New(strings.Join(failed, "; "))
	}
	return p, nil
}

// endpointOf returns the URL of the API for clients. It keeps the host as configured,
// since the certificate may be for that name, and uses the number of the opened port,
// since a URL can have neither port 0 nor the name of a service.
func endpointOf(c Config, l net.Listener) string {
	scheme := "http"
	if c.APICert != "" {
		scheme = "https"
	}
	host, _, _ := net.SplitHostPort(c.API) // valid: it was listened on
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// listenPatiently is predecessor.listen with retries: the process to take over from may
// have been killed a moment ago and still hold its sockets.
func listenPatiently(c Config, asked string, older *predecessor, of func(*handover.State) *handover.Server) (net.Listener, error) {
	for began := time.Now(); ; time.Sleep(inUsePatience / 100) {
		l, err := older.listen(asked, of)
		if older != nil || !c.Takeover || !errors.Is(err, syscall.EADDRINUSE) || time.Since(began) > inUsePatience {
			return l, err
		}
	}
}

// portError adds to an error of opening a port what an operator can do about it.
func portError(name, asked string, err error) error {
	_, port, _ := net.SplitHostPort(asked)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: %w%s: end that, or give another %s", name, err, heldBy(port), name)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s: %w: no interface of this machine has that address%s", name, err, instead(name, port))
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %w: ports below 1024 need CAP_NET_BIND_SERVICE, or give another %s", name, err, name)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// instead suggests another address to listen on. On a machine with IPv6 only, none of the
// default addresses exists.
func instead(name, port string) string {
	own, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	var four, six netip.Addr // loopback is preferred
	for _, a := range own {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().IsLinkLocalUnicast() {
			continue
		}
		best := &six
		if p.Addr().Is4() {
			best = &four
		}
		if !best.IsValid() || p.Addr().IsLoopback() {
			*best = p.Addr()
		}
	}
	switch {
	case four.IsValid():
		return fmt.Sprintf(": give %s %s", name, net.JoinHostPort(four.String(), port))
	case six.IsValid():
		return fmt.Sprintf(": it has IPv6 alone, which none of the defaults is for: give %s %s, -admin and -api both, and at the first start a -vswitch of IPv6, as fd00:8::/112",
			name, net.JoinHostPort(six.String(), port))
	}
	return ": it has no address at all"
}

// heldBy names the process that listens on a port, as far as it can be found out: only
// root sees the sockets of other users.
func heldBy(port string) string {
	for inode := range listeningInodes(port) {
		fds, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is valid
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err != nil || to != "socket:["+inode+"]" {
				continue
			}
			pid := strings.Split(fd, "/")[2]
			comm, _ := os.ReadFile(filepath.Join("/proc", pid, "comm")) // the process may have ended
			return fmt.Sprintf(" by process %s (%s)", pid, strings.TrimSpace(string(comm)))
		}
	}
	return ""
}

// listeningInodes returns the inodes of the TCP sockets that listen on a port, read from
// Linux's tables (proc_net_tcp in its documentation).
func listeningInodes(port string) map[string]bool {
	const listening = "0A"
	number, err := net.LookupPort("tcp", port)
	if err != nil {
		return nil
	}
	inodes := make(map[string]bool)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table) // the tables exist on Linux only
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == listening && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", number)) {
				inodes[f[9]] = true
			}
		}
	}
	return inodes
}

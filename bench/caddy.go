//go:build linux

package main

import (
	"context"
	"debug/buildinfo"
	"net"
	"path/filepath"
)

// caddyName is the column that throughput is compared with, besides those of the peers.
const caddyName = "caddy"

// caddyVersion returns the version of Caddy's module that the Go linker has recorded in
// the binary. A Caddy that was built as a dependency of another module does not know its
// own version.
func caddyVersion(binary string) string {
	info, err := buildinfo.ReadFile(binary)
	if err == nil {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/caddyserver/caddy/v2" {
				return m.Version
			}
		}
	}
	return "unknown"
}

// newCaddy returns Caddy as a subject, as the usual choice of those who want a load
// balancer written in Go.
func newCaddy(st *stage, binary string) *subject {
	return &subject{name: caddyName, tcp: true, quic: true, start: func(ctx context.Context, s setup) (*running, error) {
		address, err := freeAddress("127.0.0.1")
		if err != nil {
			return nil, err
		}
		values := s.values(address, filepath.Join(st.dir, "caddy-access.log"))
		if _, values["Port"], err = net.SplitHostPort(address); err != nil {
			return nil, err
		}
		config, err := st.render("Caddyfile", values)
		if err != nil {
			return nil, err
		}
		return st.launch(ctx, "caddy", address, []string{"GOMAXPROCS=1", "XDG_CONFIG_HOME=" + st.dir, "XDG_DATA_HOME=" + st.dir},
			binary, "run", "--config", config, "--adapter", "caddyfile")
	}}
}

//go:build linux

package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed config
var configs embed.FS

// smallBody is the body of the origins' answer to /100.
var smallBody = strings.Repeat("x", 100)

// A stage has what all balancers share: a directory, certificates, origins.
type stage struct {
	dir     string
	keep    bool
	origins [2]string // addresses
	sinks   [2]string // addresses of the origins of uploads
	echoes  [2]string // addresses of the origins of TCP and UDP
	uploads string    // the Lua script with which wrk uploads
	servers []*process
	ecdsa   keyPair
	rsa     keyPair

	vswitches int // number of prefixes that vswitch has returned
}

// newStage makes the directory and the certificate and starts the origins.
func newStage(ctx context.Context, keep string) (*stage, error) {
	st := &stage{dir: keep, keep: keep != ""}
	var err error
	if st.keep {
		err = os.MkdirAll(st.dir, 0o755)
	} else {
		st.dir, err = os.MkdirTemp("", "bench")
	}
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		st.writeCertificates,
		func() error { return st.startOrigin(ctx) },
		func() error { return st.startSink(ctx) },
		func() error { return st.startEcho(ctx) },
		func() (err error) { st.uploads, err = st.render("upload.lua", nil); return err },
	} {
		if err := step(); err != nil {
			st.close()
			return nil, err
		}
	}
	return st, nil
}

// startOrigin starts an nginx on the core of the load that answers with constant bodies on
// two ports: the two origins of every balancer.
func (st *stage) startOrigin(ctx context.Context) error {
	var err error
	if st.origins, err = freePair(); err != nil {
		return err
	}
	root := filepath.Join(st.dir, "www")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	for name, size := range map[string]int{"100": 100, "16k": 16 << 10, "1m": 1 << 20} {
		body := []byte(strings.Repeat("x", size))
		if err := os.WriteFile(filepath.Join(root, name), body, 0o644); err != nil {
			return err
		}
	}
	config, err := st.render("origin.conf", map[string]any{
		"Root": root, "Origins": st.origins, "Small": smallBody,
	})
	if err != nil {
		return err
	}
	return st.serve(ctx, "origin", st.origins[0], "nginx", "-p", st.dir, "-c", config, "-e", "stderr")
}

// startSink starts the two origins of uploads.
func (st *stage) startSink(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if st.sinks, err = freePair(); err != nil {
		return err
	}
	return st.serve(ctx, "sink", st.sinks[0], self, "role-sink", st.sinks[0], st.sinks[1])
}

// startEcho starts the two origins of TCP and UDP.
func (st *stage) startEcho(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if st.echoes, err = freePair(); err != nil {
		return err
	}
	return st.serve(ctx, "echo", st.echoes[0], self, "role-echo", st.echoes[0], st.echoes[1])
}

// serve starts a server on the core of the load.
func (st *stage) serve(ctx context.Context, name, address, command string, args ...string) error {
	p, err := startProcess(loadCore, filepath.Join(st.dir, name+".log"), nil, command, args...)
	if err != nil {
		return err
	}
	st.servers = append(st.servers, p)
	return awaitListening(ctx, p, address)
}

func (st *stage) close() {
	for _, p := range st.servers {
		p.stop()
	}
	if !st.keep {
		_ = os.RemoveAll(st.dir) // a leftover in the temporary directory does no harm
	}
}

// render executes a template of the config directory and returns the path of the result.
func (st *stage) render(name string, values map[string]any) (string, error) {
	t, err := template.ParseFS(configs, "config/"+name)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, values); err != nil {
		return "", err
	}
	path := filepath.Join(st.dir, name)
	return path, os.WriteFile(path, text.Bytes(), 0o644)
}

// freeAddress returns ip with a free port that the kernel has chosen.
func freeAddress(ip string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// freePair returns two free ports of the loopback address.
func freePair() (pair [2]string, err error) {
	for i := range pair {
		if pair[i], err = freeAddress("127.0.0.1"); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

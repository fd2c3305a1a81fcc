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

// A stage is what all balancers share: a directory, a certificate, two origins.
type stage struct {
	dir     string
	keep    bool
	origins [2]string // addresses
	origin  *process
	cert    string // chain, PEM file
	key     string // PEM file
	pem     string // chain and key in one file, as HAProxy wants them
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
	if err := st.writeCertificate(); err != nil {
		return nil, err
	}
	if err := st.startOrigin(ctx); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// startOrigin starts one nginx, on the core of the load, that answers
// constant bodies on two ports: the two origins of every balancer.
func (st *stage) startOrigin(ctx context.Context) error {
	for i := range st.origins {
		address, err := freeAddress("127.0.0.1")
		if err != nil {
			return err
		}
		st.origins[i] = address
	}
	root := filepath.Join(st.dir, "www")
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	for name, size := range map[string]int{"100": 100, "16k": 16 << 10} {
		body := []byte(strings.Repeat("x", size))
		if err := os.WriteFile(filepath.Join(root, name), body, 0o644); err != nil {
			return err
		}
	}
	config, err := st.render("origin.conf", map[string]any{
		"Root": root, "Origins": st.origins, "Small": strings.Repeat("x", 100),
	})
	if err != nil {
		return err
	}
	st.origin, err = startProcess(loadCore, filepath.Join(st.dir, "origin.log"), nil,
		"nginx", "-p", st.dir, "-c", config, "-e", "stderr")
	if err != nil {
		return err
	}
	return awaitListening(ctx, st.origin, st.origins[0])
}

func (st *stage) close() {
	if st.origin != nil {
		st.origin.stop()
	}
	if !st.keep {
		_ = os.RemoveAll(st.dir) // a leftover in the temporary directory harms nobody
	}
}

// render fills in a template of the config directory and returns the path of
// the result.
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

// freeAddress asks the kernel for a port of ip that nobody has.
func freeAddress(ip string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

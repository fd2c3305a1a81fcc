//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// A subject is a balancer that can be started, measured and stopped. Its address forwards
// to the origins of the stage: it serves TLS, or TCP or UDP without TLS if the setup has a
// network.
type subject struct {
	name   string
	peer   bool     // the others are compared with it
	tcp    bool     // takes part in HTTP/1.1 and HTTP/2
	quic   bool     // takes part in HTTP/3
	layer4 []string // networks that it forwards without HTTP: tcp, udp
	start  func(ctx context.Context, s setup) (*running, error)
}

// A setup is the configuration that a workload needs, the same for all balancers.
type setup struct {
	origins   [2]string
	network   string // tcp or udp: no TLS, no HTTP
	keys      keyPair
	accessLog bool // one line per request, in a file, in the usual format of the balancer
	full      bool // elbow only: health checks and cookies too
	apiTLS    bool // elbow only: its API speaks TLS beside plain HTTP
}

// values are the values with which the configurations are rendered.
func (s setup) values(address, log string) map[string]any {
	v := map[string]any{
		"Address": address, "Origins": s.origins, "Cert": s.keys.cert, "Key": s.keys.key, "PEM": s.keys.both,
		"Log": "", "QUIC": false,
	}
	if s.accessLog {
		v["Log"] = log
	}
	return v
}

// A running is a subject that serves.
type running struct {
	*process
	address string // IP:port that serves
	metrics string // URL that is read every second during a round; none if empty
	uploads string // the Lua script with which wrk uploads
	api     string // of elbow's API, IP:port

	anonymous order // the address that the unauthenticated clients connect to; none if it has no address
}

func (r *running) url(path string) string { return "https://" + r.address + path }

// newNginx returns Debian's nginx as a subject.
func newNginx(st *stage) *subject {
	return &subject{name: "nginx", peer: true, tcp: true, layer4: []string{"tcp", "udp"}, start: startNginx(st, "nginx", "nginx", false)}
}

// newNginx3 returns an nginx with HTTP/3 as a subject, since Debian's is too old for that.
// It takes part in the HTTP/3 rows only.
func newNginx3(st *stage, binary string) *subject {
	return &subject{name: "nginx3", peer: true, quic: true, start: startNginx(st, "nginx3", binary, true)}
}

func startNginx(st *stage, name, binary string, quic bool) func(context.Context, setup) (*running, error) {
	return func(ctx context.Context, s setup) (*running, error) {
		address, err := freeAddress("127.0.0.1")
		if err != nil {
			return nil, err
		}
		values := s.values(address, filepath.Join(st.dir, name+"-access.log"))
		values["QUIC"] = quic
		template := "nginx.conf"
		if s.network != "" {
			template = "stream.conf"
			values["Module"] = streamModule
		}
		config, err := st.render(template, values)
		if err != nil {
			return nil, err
		}
		return st.launch(ctx, name, address, nil, binary, "-p", st.dir, "-c", config, "-e", "stderr")
	}
}

func newHAProxy(st *stage) *subject {
	return &subject{name: "haproxy", peer: true, tcp: true, layer4: []string{"tcp"}, start: func(ctx context.Context, s setup) (*running, error) {
		address, err := freeAddress("127.0.0.1")
		if err != nil {
			return nil, err
		}
		template := "haproxy.cfg"
		if s.network != "" {
			template = "haproxy-tcp.cfg"
		}
		config, err := st.render(template, s.values(address, "stdout"))
		if err != nil {
			return nil, err
		}
		return st.launch(ctx, "haproxy", address, nil, "haproxy", "-db", "-f", config)
	}}
}

// newOther returns a subject with any command line whose placeholders stand for the
// stage's files and addresses.
func newOther(st *stage, name, command string) *subject {
	return &subject{name: name, tcp: true, start: func(ctx context.Context, s setup) (*running, error) {
		address, err := freeAddress("127.0.0.1")
		if err != nil {
			return nil, err
		}
		fill := strings.NewReplacer("{address}", address, "{cert}", s.keys.cert, "{key}", s.keys.key,
			"{pem}", s.keys.both, "{origin1}", s.origins[0], "{origin2}", s.origins[1])
		args := strings.Fields(command)
		for i := range args {
			args[i] = fill.Replace(args[i])
		}
		return st.launch(ctx, name, address, []string{"GOMAXPROCS=1"}, args[0], args[1:]...)
	}}
}

// launch starts a balancer on its core and waits until it accepts.
func (st *stage) launch(ctx context.Context, name, address string, env []string, command string, args ...string) (*running, error) {
	p, err := startProcess(balancerCore, filepath.Join(st.dir, name+".log"), env, command, args...)
	if err != nil {
		return nil, err
	}
	if err := awaitListening(ctx, p, address); err != nil {
		p.stop()
		return nil, err
	}
	return &running{process: p, address: address}, nil
}

// awaitListening returns once address accepts connections.
func awaitListening(ctx context.Context, p *process, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var d net.Dialer
	for {
		c, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		if ended := p.ended(); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not accept: %w", address, err)
		case <-tick.C:
		}
	}
}

//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"elbow/internal/rpc"
)

// The API versions of the products that the bench calls.
const (
	ensVersion = "2017-11-10"
	casVersion = "2020-04-07"
)

// listenerPort is the port of every listener that the bench creates; each load
// balancer has an address of its own.
const listenerPort = 8443

// idleTimeout, in seconds, is the maximum of the API, so that no idle connection is closed
// during a round.
const idleTimeout = "60"

// A node is one `elbow serve` with the client that configures it.
type node struct {
	*process
	dir     string
	api     string
	admin   string
	vswitch string
	rpc.Client
}

// startNode starts elbow in dir, which may hold the state of an earlier run,
// and returns when its API answers.
func (st *stage) startNode(ctx context.Context, name, binary, dir, vswitch string, flags ...string) (*node, error) {
	api, err := freeAddress("127.0.0.1")
	if err != nil {
		return nil, err
	}
	admin, err := freeAddress("127.0.0.1")
	if err != nil {
		return nil, err
	}
	n := &node{dir: dir, api: api, admin: admin, vswitch: vswitch}
	n.Client = rpc.Client{Endpoint: "http://" + api, AccessKeyID: "bench", Secret: "bench-" + rand.Text()}
	if n.Secret, err = secretOf(dir, n.Secret); err != nil {
		return nil, err
	}
	n.process, err = startProcess(balancerCore, filepath.Join(st.dir, name+".log"),
		[]string{"GOMAXPROCS=1", "ELBOW_ACCESS_KEY_ID=" + n.AccessKeyID, "ELBOW_ACCESS_KEY_SECRET=" + n.Secret},
		binary, append([]string{"serve", "-data", filepath.Join(dir, "data"), "-api", api, "-admin", admin, "-vswitch", vswitch}, flags...)...)
	if err != nil {
		return nil, err
	}
	if err := awaitListening(ctx, n.process, api); err != nil {
		n.stop()
		return nil, err
	}
	return n, nil
}

// secretOf stores fresh as the secret of a node, beside its data directory, and returns it.
// If an earlier start has stored one, it returns that.
func secretOf(dir, fresh string) (string, error) {
	path := filepath.Join(dir, "secret")
	if text, err := os.ReadFile(path); err == nil {
		return string(text), nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return fresh, os.WriteFile(path, []byte(fresh), 0o600)
}

// call makes one call and decodes its answer into out, unless out is nil.
func (n *node) call(ctx context.Context, version, action string, params map[string]string, out any) error {
	text, err := n.Call(ctx, version, action, params)
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}

// uploadCertificate uploads a key pair and returns its id.
func (n *node) uploadCertificate(ctx context.Context, keys keyPair) (string, error) {
	chain, err := os.ReadFile(keys.cert)
	if err != nil {
		return "", err
	}
	key, err := os.ReadFile(keys.key)
	if err != nil {
		return "", err
	}
	var out struct{ CertID int64 }
	err = n.call(ctx, casVersion, "UploadUserCertificate", map[string]string{
		"Name": "bench-" + rand.Text()[:8], "Cert": string(chain), "Key": string(key),
	}, &out)
	return strconv.FormatInt(out.CertID, 10), err
}

// createLoadBalancer creates a load balancer and returns its id and address.
func (n *node) createLoadBalancer(ctx context.Context) (id string, address netip.Addr, err error) {
	var made struct{ LoadBalancerID string }
	err = n.call(ctx, ensVersion, "CreateLoadBalancer", map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
		"VSwitchId": "vsw-default", "PayType": "PostPaid",
	}, &made)
	if err != nil {
		return "", address, err
	}
	var found struct{ Address netip.Addr }
	err = n.call(ctx, ensVersion, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": made.LoadBalancerID}, &found)
	return made.LoadBalancerID, found.Address, err
}

// addOrigins adds the origins to a load balancer as its backends.
func (n *node) addOrigins(ctx context.Context, origins [2]string, lb string) error {
	var servers []map[string]string
	for i, origin := range origins {
		host, port, err := net.SplitHostPort(origin)
		if err != nil {
			return err
		}
		servers = append(servers, map[string]string{"ServerId": fmt.Sprintf("i-origin%d", i), "Ip": host, "Port": port})
	}
	text, err := json.Marshal(servers)
	if err != nil {
		return err
	}
	return n.call(ctx, ensVersion, "AddBackendServers", map[string]string{"LoadBalancerId": lb, "BackendServers": string(text)}, nil)
}

// The parameters of a listener without optional features, and of one with health checks
// every 2 s and cookies.
var (
	bareListener = map[string]string{"HealthCheck": "off"}
	fullListener = map[string]string{
		"HealthCheck": "on", "HealthCheckURI": "/100",
		"StickySession": "on", "StickySessionType": "insert", "CookieTimeout": "3600",
	}
)

// createListener creates the listener of a load balancer. It is stopped.
func (n *node) createListener(ctx context.Context, lb, certificate string, params map[string]string) error {
	call := map[string]string{
		"LoadBalancerId": lb, "ListenerPort": strconv.Itoa(listenerPort),
		"ServerCertificateId": certificate, "IdleTimeout": idleTimeout,
	}
	maps.Copy(call, params)
	return n.call(ctx, ensVersion, "CreateLoadBalancerHTTPSListener", call, nil)
}

// startListener starts the listener of a load balancer.
func (n *node) startListener(ctx context.Context, lb string) error {
	return n.call(ctx, ensVersion, "StartLoadBalancerListener", map[string]string{
		"LoadBalancerId": lb, "ListenerPort": strconv.Itoa(listenerPort),
	}, nil)
}

// newElbow returns elbow as a subject: the unmodified program, configured by API calls.
// Everything that it does besides serving traffic counts as its CPU time.
func newElbow(st *stage, name, binary string) *subject {
	count := 0
	addresses := st.vswitch()
	return &subject{name: name, tcp: true, quic: true, layer4: []string{"tcp", "udp"}, start: func(ctx context.Context, s setup) (*running, error) {
		count++
		dir := filepath.Join(st.dir, fmt.Sprintf("%s-%d", name, count))
		log := "off"
		if s.accessLog {
			log = filepath.Join(st.dir, name+"-access.log")
		}
		flags := []string{"-access-log", log}
		if s.apiTLS {
			flags = append(flags, "-api-cert", s.keys.cert, "-api-key", s.keys.key, "-api-plain")
		}
		n, err := st.startNode(ctx, name, binary, dir, addresses, flags...)
		if err != nil {
			return nil, err
		}
		metrics := ""
		if s.full {
			metrics = "http://" + n.admin + "/metrics"
		}
		address, err := n.serveOrigins(ctx, s)
		if err != nil {
			n.stop()
			return nil, err
		}
		return &running{process: n.process, address: address, metrics: metrics, api: n.api}, nil
	}}
}

// serveOrigins creates a listener in front of the origins and waits until it serves.
func (n *node) serveOrigins(ctx context.Context, s setup) (address string, err error) {
	if s.network != "" {
		return n.serveNetwork(ctx, s)
	}
	certificate, err := n.uploadCertificate(ctx, s.keys)
	if err != nil {
		return "", err
	}
	lb, ip, err := n.createLoadBalancer(ctx)
	if err != nil {
		return "", err
	}
	params := bareListener
	if s.full {
		params = fullListener
	}
	for _, step := range []func() error{
		func() error { return n.addOrigins(ctx, s.origins, lb) },
		func() error { return n.createListener(ctx, lb, certificate, params) },
		func() error { return n.startListener(ctx, lb) },
	} {
		if err := step(); err != nil {
			return "", err
		}
	}
	address = netip.AddrPortFrom(ip, listenerPort).String()
	return address, n.awaitRunning(ctx, lb, "HTTPS")
}

// awaitRunning returns once the API reports the listener of a load balancer as running.
func (n *node) awaitRunning(ctx context.Context, lb, protocol string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		var found struct{ Status, StatusReason string }
		err := n.call(ctx, ensVersion, "DescribeLoadBalancer"+protocol+"ListenerAttribute", map[string]string{
			"LoadBalancerId": lb, "ListenerPort": strconv.Itoa(listenerPort),
		}, &found)
		switch {
		case err != nil:
			return err
		case found.Status == "Running":
			return nil
		case found.StatusReason != "":
			return errors.New(found.StatusReason)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the listener is %s: %w", found.Status, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// loopback returns a prefix of the loopback network, from 127.first.0.0 on. The process id
// selects it, so that another run is unlikely to use the same one.
func loopback(first, bits int) netip.Prefix {
	pid := os.Getpid()
	a := netip.AddrFrom4([4]byte{127, byte(first + pid%48), byte(pid / 48), 0})
	return netip.PrefixFrom(a, bits).Masked()
}

// vswitch returns a prefix that no other elbow of this run uses, since several serve at
// once on one port.
func (st *stage) vswitch() string {
	a := loopback(64, 24).Addr().As4()
	a[3] = byte(16 * st.vswitches)
	st.vswitches++
	return netip.PrefixFrom(netip.AddrFrom4(a), 28).String()
}

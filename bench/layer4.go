//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	tcpRate         = 12000 // exchanges a second of the paced ping-pong
	bulkConnections = 4     // connections with long transfers
	keptPorts       = 1000  // client ports of the kept UDP sessions
	freshPortsMost  = 12000 // client ports in a round of new ones: nginx keeps a descriptor for each
)

// A unit is the unit in which the work of a workload is counted: its singular with the
// article, and its plural. The zero value stands for requests.
type unit struct{ one, many string }

var (
	exchanges = unit{"an exchange", "exchanges"}
	mebibytes = unit{"a MiB", "MiB"}
)

// in inserts the unit's name into the title of a column.
func (u unit) in(title string) string {
	return strings.NewReplacer("{one}", cmp.Or(u.one, "a request"), "{many}", cmp.Or(u.many, "requests")).Replace(title)
}

// layer4Workloads are the workloads over TCP and UDP without HTTP.
var layer4Workloads = []workload{
	{
		name: "tcp", title: fmt.Sprintf("TCP ping-pong, 100 B, %d connections", pacedConnections),
		network: "tcp", unit: exchanges,
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) {
				return generate(ctx, "load-pingpong", order{Address: r.address, Duration: o.duration})
			})
		},
	},
	{
		name: "tcp-paced", title: fmt.Sprintf("TCP ping-pong, 100 B, %d connections, %d exchanges/s", pacedConnections, tcpRate),
		network: "tcp", unit: exchanges,
		run: func(ctx context.Context, r *running, o options) (sample, error) {
			return measure(r, func() (outcome, error) {
				return generate(ctx, "load-paced", order{Address: r.address, Duration: o.duration, Kind: kindEcho, Rate: tcpRate})
			})
		},
	},
	{
		name: "tcp-down", title: fmt.Sprintf("TCP, 1 MiB down, %d connections", bulkConnections),
		network: "tcp", unit: mebibytes, run: tcpWork(kindDown, bulkConnections),
	},
	{
		name: "tcp-up", title: fmt.Sprintf("TCP, 1 MiB up, %d connections", bulkConnections),
		network: "tcp", unit: mebibytes, run: tcpWork(kindUp, bulkConnections),
	},
	{
		name: "tcp-new", title: "TCP, a new connection for each exchange of 100 B",
		network: "tcp", unit: exchanges, run: tcpWork(kindClose, connectWorkers),
	},
	{name: "tcp-idle", title: "idle TCP connections, with the one to the backend", network: "tcp", fresh: true, run: idlePairs("tcp")},
	{
		name: "udp", title: fmt.Sprintf("UDP, 100 B, %d client ports, sessions kept", keptPorts),
		network: "udp", unit: exchanges, run: udpWork(order{Conns: keptPorts}),
	},
	{
		// Each round has a process of its own, because the client ports would match
		// sessions of earlier rounds.
		name: "udp-new", title: "UDP, 100 B, a new client port for each exchange", fresh: true,
		network: "udp", unit: exchanges, run: udpWork(order{Most: freshPortsMost}),
	},
	{name: "udp-idle", title: "idle UDP sessions", network: "udp", fresh: true, run: idlePairs("udp")},
}

// tcpWork returns a load of TCP exchanges of one kind.
func tcpWork(kind byte, conns int) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		return measure(r, func() (outcome, error) {
			return generate(ctx, "load-tcp", order{Address: r.address, Duration: o.duration, Kind: kind, Conns: conns})
		})
	}
}

// udpWork returns a load of datagrams that are answered, from the client ports that what
// describes.
func udpWork(what order) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		what.Address, what.Duration = r.address, o.duration
		return measure(r, func() (outcome, error) { return generate(ctx, "load-udp", what) })
	}
}

// idlePairs measures the memory of idle connections or sessions.
func idlePairs(network string) func(context.Context, *running, options) (sample, error) {
	return func(ctx context.Context, r *running, o options) (sample, error) {
		got, err := idleMemory(ctx, r, "role-idle-"+network, openIdlePlain(network), o.pairs)
		return sample{pair: got.memory}, err
	}
}

// openIdlePlain opens connections or sessions of a network without HTTP.
func openIdlePlain(network string) openFunc {
	return func(address string, n int, hold func() error) error {
		conns := make([]net.Conn, n)
		ask := func(i int) error {
			if network == "udp" {
				return askPacket(conns[i], uint64(i))
			}
			if err := conns[i].SetDeadline(time.Now().Add(exchangePatience)); err != nil {
				return err
			}
			c := tcpClient{order: order{Kind: kindEcho}, message: make([]byte, messageSize)}
			c.message[0] = kindEcho
			return c.exchange(conns[i])
		}
		for i := range n {
			c, err := net.Dial(network, address)
			if err != nil {
				return err
			}
			defer c.Close()
			conns[i] = c
			if err := ask(i); err != nil {
				return fmt.Errorf("%s number %d: %w", network, i, err)
			}
		}
		if err := hold(); err != nil {
			return err
		}
		for i := range n {
			if err := ask(i); err != nil {
				return fmt.Errorf("%s number %d after the wait: %w", network, i, err)
			}
		}
		return nil
	}
}

// serveNetwork creates a TCP or UDP listener in front of the origins and waits until it
// serves. Its health checks, which cannot be turned off, are as rare as the API allows.
func (n *node) serveNetwork(ctx context.Context, s setup) (address string, err error) {
	lb, ip, err := n.createLoadBalancer(ctx)
	if err != nil {
		return "", err
	}
	if err := n.addOrigins(ctx, s.origins, lb); err != nil {
		return "", err
	}
	protocol, port := strings.ToUpper(s.network), strconv.Itoa(listenerPort)
	params := map[string]string{
		"LoadBalancerId": lb, "ListenerPort": port, "EstablishedTimeout": "900", "HealthCheckInterval": "50",
	}
	if err := n.call(ctx, ensVersion, "CreateLoadBalancer"+protocol+"Listener", params, nil); err != nil {
		return "", err
	}
	err = n.call(ctx, ensVersion, "StartLoadBalancerListener", map[string]string{
		"LoadBalancerId": lb, "ListenerPort": port, "ListenerProtocol": s.network,
	}, nil)
	if err != nil {
		return "", err
	}
	return netip.AddrPortFrom(ip, listenerPort).String(), n.awaitRunning(ctx, lb, protocol)
}

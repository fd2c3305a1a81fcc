//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"time"
)

// An order tells a load generator of our own what to do. Each one runs as a
// child of this program on the core of the load.
type order struct {
	Address  string
	Path     string
	Size     int // of the body that Path has, in bytes
	Duration time.Duration
	Conns    int      // kept connections, of HTTP/3 and TCP, or client ports, of UDP
	Kind     byte     // of the exchanges over TCP
	Most     int      // client ports that are used once, of UDP
	Resume   bool     // handshakes are resumed
	Attacks  []string // of unauthenticated clients; all if empty
	Secure   bool     // the port for unauthenticated clients speaks TLS beside plain HTTP
	Rate     float64  // requests a second, of an open loop
}

// generators are what this program does as its own child, by name.
var generators = map[string]func(order) (outcome, error){
	"load-connects": connectsLoad,
	"load-h3":       h3Load,
	"load-paced":    pacedLoad,
	"load-pingpong": pingPongLoad,
	"load-tcp":      tcpLoad,
	"load-udp":      udpLoad,
}

// roles are what else it does as a child.
var roles = map[string]func(args []string) error{
	"role-deaf":      deafRole,
	"role-echo":      echoRole,
	"role-idle":      idleRole(openIdle),
	"role-idle-tcp":  idleRole(openIdlePlain("tcp")),
	"role-idle-udp":  idleRole(openIdlePlain("udp")),
	"role-sink":      sinkRole,
	"role-anonymous": anonymousRole,
}

// generate runs one of the generators and returns what it tells.
func generate(ctx context.Context, name string, o order) (outcome, error) {
	var out outcome
	text, err := json.Marshal(o)
	if err != nil {
		return out, err
	}
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	cmd := pinned(ctx, loadCore, self, name, string(text))
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	return out, json.Unmarshal(answer, &out)
}

// runChild is main for a child. It reports whether the name is one's.
func runChild(name string, args []string) (known bool, err error) {
	runtime.GOMAXPROCS(1)
	if role, found := roles[name]; found {
		return true, role(args)
	}
	load, found := generators[name]
	if !found {
		return false, nil
	}
	var o order
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return true, err
	}
	out, err := load(o)
	if err != nil {
		return true, err
	}
	return true, json.NewEncoder(os.Stdout).Encode(out)
}

// percentile is the value below which the share p, 0 to 1, of the sorted
// values lies; 0 if there are none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(float64(len(sorted))*p), len(sorted)-1)]
}

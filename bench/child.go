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

// An order tells a load generator what to do. Each generator runs as a child process of
// this program on the core of the load.
type order struct {
	Address  string
	Path     string
	Size     int // bytes of the body at Path
	Duration time.Duration
	Conns    int      // kept connections (HTTP/3, TCP), or client ports (UDP)
	Kind     byte     // of the exchanges over TCP: kindEcho, …
	Most     int      // UDP: client ports that are used once
	Resume   bool     // handshakes are resumed
	Attacks  []string // kinds of load of unauthenticated clients; all if empty
	Secure   bool     // the port for unauthenticated clients speaks TLS beside plain HTTP
	Rate     float64  // of an open loop, requests a second
}

// generators are the load generators that this program runs as its own child process, by
// name.
var generators = map[string]func(order) (outcome, error){
	"load-connects": connectsLoad,
	"load-h3":       h3Load,
	"load-paced":    pacedLoad,
	"load-pingpong": pingPongLoad,
	"load-tcp":      tcpLoad,
	"load-udp":      udpLoad,
}

// roles are the other programs that it runs as its own child process, by name.
var roles = map[string]func(args []string) error{
	"role-refuse":    refuseRole,
	"role-echo":      echoRole,
	"role-idle":      idleRole(openIdle),
	"role-idle-tcp":  idleRole(openIdlePlain("tcp")),
	"role-idle-udp":  idleRole(openIdlePlain("udp")),
	"role-sink":      sinkRole,
	"role-anonymous": anonymousRole,
}

// generate runs a generator and returns the outcome that it prints.
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

// runChild is main for a child process. It reports whether name is a generator or a role.
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

// percentile returns the value at the share p, 0 to 1, of the sorted values; 0 if there
// are none.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(float64(len(sorted))*p), len(sorted)-1)]
}

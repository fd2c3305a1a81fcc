package reconcile

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/leak"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the steps in testdata")

// Each file in testdata is a case: what runs, what is desired, and the steps in
// between.
//
//	-- running --
//	lb-1:443 at=127.8.0.1 certificate=7 check=2s
//		i-1 10.0.0.1:80 check=2s
//	-- desired --
//	lb-1:443 at=127.8.0.1 certificate=8 check=2s
//		i-1 10.0.0.1:80 weight=50
//	-- steps --
//	swap lb-1:443
//	certificate lb-1:443 8
//
// A running unit may be closed, or have no socket on its own address (missing),
// and failed (it may be retried) or held (it is too early); check is the check
// that probes a backend.
func TestPlan(t *testing.T) {
	leak.Check(t)
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, rest, ok := strings.Cut(string(text), "-- running --\n")
			running, rest, ok2 := strings.Cut(rest, "-- desired --\n")
			desired, want, ok3 := strings.Cut(rest, "-- steps --\n")
			if !ok || !ok2 || !ok3 {
				t.Fatal("a story has three parts: running, desired, steps")
			}
			var got strings.Builder
			for _, s := range plan(nil, parseDesired(t, desired), parseRunning(t, running), storyTime) {
				fmt.Fprintln(&got, s)
			}
			if *update {
				all := head + "-- running --\n" + running + "-- desired --\n" + desired + "-- steps --\n" + got.String()
				if err := os.WriteFile(file, []byte(all), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("%s\nsteps (-want +got):\n%s", head, diff)
			}
		})
	}
}

// storyTime is the present time in the cases.
var storyTime = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)

func parseDesired(t *testing.T, text string) (all []spec) {
	t.Helper()
	eachLine(text, func(indented bool, words []string) {
		if !indented {
			s, flags := parseUnit(t, words)
			if len(flags) > 0 {
				t.Fatalf("%v is nothing to desire", flags)
			}
			all = append(all, s)
			return
		}
		s := &all[len(all)-1]
		m, _ := parseBackend(t, words)
		s.members = append(s.members, m)
	})
	return all
}

func parseRunning(t *testing.T, text string) map[key]*unit {
	t.Helper()
	all := make(map[key]*unit)
	var u *unit
	eachLine(text, func(indented bool, words []string) {
		if !indented {
			s, flags := parseUnit(t, words)
			u = &unit{spec: s, backends: make(map[backendID]*backend), sockets: make(map[netip.Addr]front)}
			for _, at := range append([]netip.Addr{s.address.Addr()}, s.also...) {
				if !flags["closed"] && (!flags["missing"] || at != s.address.Addr()) {
					u.open, u.sockets[at] = true, nil
				}
			}
			if flags["failed"] || flags["held"] {
				u.fault = &fault{err: errors.New("told in the story"), retry: storyTime}
			}
			if flags["held"] {
				u.fault.retry = storyTime.Add(time.Second)
			}
			all[s.key] = u
		} else {
			m, c := parseBackend(t, words)
			u.spec.members = append(u.spec.members, m)
			u.backends[m.backendID] = &backend{check: c}
		}
		if u.fault != nil {
			u.fault.tried = u.spec.clone()
		}
	})
	return all
}

func eachLine(text string, do func(indented bool, words []string)) {
	scan := bufio.NewScanner(bytes.NewReader([]byte(text)))
	for scan.Scan() {
		if words := strings.Fields(scan.Text()); len(words) > 0 {
			do(strings.HasPrefix(scan.Text(), "\t"), words)
		}
	}
}

// parseUnit parses "lb-1:443 at=… name=value …" and words without a value.
func parseUnit(t *testing.T, words []string) (spec, map[string]bool) {
	t.Helper()
	id, port, _ := strings.Cut(words[0], ":")
	s := spec{key: key{id, number(t, port), false}, revision: 1}
	s.owner = elb.ListenerKey{LoadBalancerID: id, Port: s.port, Protocol: elb.HTTPS}
	s.protocol = elb.HTTPS
	s.settings.scheduler = elb.WRR
	flags := make(map[string]bool)
	for _, word := range words[1:] {
		name, value, given := strings.Cut(word, "=")
		switch {
		case !given:
			flags[name] = true
		case name == "at":
			s.address = netip.AddrPortFrom(netip.MustParseAddr(value), uint16(s.port))
		case name == "also":
			for one := range strings.SplitSeq(value, ",") {
				s.also = append(s.also, netip.MustParseAddr(one))
			}
		case name == "certificate":
			s.certificate = value
		case name == "redirect":
			s.redirect, s.protocol = number(t, value), elb.HTTP
			s.owner.Port = s.redirect
		case name == "scheduler":
			s.settings.scheduler = value
		case name == "idle":
			s.settings.idleTimeout = duration(t, value)
		case name == "check":
			s.check = parseCheck(t, value)
		case name == "revision":
			s.revision = int64(number(t, value))
		default:
			t.Fatalf("unknown word %q", word)
		}
	}
	return s, flags
}

// parseBackend parses "i-1 10.0.0.1:80 name=value …".
func parseBackend(t *testing.T, words []string) (m member, c check) {
	t.Helper()
	server, port, _ := strings.Cut(words[0], ":")
	m = member{backendID{server: server, address: netip.MustParseAddrPort(words[1])}, 100}
	if port != "" {
		m.port = number(t, port)
	}
	for _, word := range words[2:] {
		switch name, value, _ := strings.Cut(word, "="); name {
		case "weight":
			m.weight = number(t, value)
		case "check":
			c = parseCheck(t, value)
		default:
			t.Fatalf("unknown word %q", word)
		}
	}
	return m, c
}

// parseCheck returns a check with this interval.
func parseCheck(t *testing.T, interval string) check {
	t.Helper()
	return check{on: true, uri: "/", interval: duration(t, interval)}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

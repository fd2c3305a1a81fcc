package elbtest

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
	"github.com/miekg/dns"
)

// newBackendsAt starts backends on one port of several addresses, each with its
// address as its name.
func newBackendsAt(t testing.TB, addresses ...string) (port string) {
	t.Helper()
	all := listenOn(t, addresses...)
	for i, a := range addresses {
		l := all[i]
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Backend", a)
		})}
		go func() { _ = server.Serve(l) }() // ends when the server is closed
		t.Cleanup(func() { _ = server.Close() })
	}
	return portOf(all[0].Addr().String())
}

// listenOn listens on a port that is free on all addresses.
func listenOn(t testing.TB, addresses ...string) []net.Listener {
	t.Helper()
	var err error
	for range 100 {
		var all []net.Listener
		port := "0"
		for _, a := range addresses {
			var l net.Listener
			if l, err = net.Listen("tcp", net.JoinHostPort(a, port)); err != nil {
				break
			}
			port = portOf(l.Addr().String())
			all = append(all, l)
		}
		if err == nil {
			return all
		}
		for _, l := range all {
			_ = l.Close()
		}
	}
	t.Fatal(err)
	return nil
}

// serves waits until exactly these backends answer requests.
func serves(t *testing.T, f *Front, want ...string) {
	t.Helper()
	client := f.Client(t, "")
	awaitBackends(t, func() (string, error) {
		got, err := f.TryGet(client, "/")
		if err != nil || got.Status != http.StatusOK {
			return "", fmt.Errorf("got %+v, %v", got, err)
		}
		return got.Backend, nil
	}, want...)
}

// awaitBackends waits until exactly these backends answer. ask returns the name of the one
// that has answered.
func awaitBackends(t *testing.T, ask func() (backend string, err error), want ...string) {
	t.Helper()
	slices.Sort(want)
	Eventually(t, func() error {
		seen := make(map[string]bool)
		for range 4 * (len(want) + 1) {
			backend, err := ask()
			if err != nil {
				return err
			}
			seen[backend] = true
		}
		if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
			return fmt.Errorf("%v serve, want %v", got, want)
		}
		return nil
	})
}

// A server that is registered by its domain name is added by its id. Each address
// is a backend; they follow DNS while it answers, and stay while it does not, a
// takeover and a restart included.
func TestBackendByDomainName(t *testing.T) {
	t.Parallel()
	server := newDNSServer(t)
	server.set("web.test", "127.0.0.11", "127.0.0.12")
	port := newBackendsAt(t, "127.0.0.11", "127.0.0.12", "127.0.0.13")
	n := Start(t, Options{Args: []string{"-dns-servers", server.Address}})
	s := NewSite(t, n)
	w := &world{Client: n.RPC()}
	add := func(id string) error {
		request := ens.CreateAddBackendServersRequest()
		request.LoadBalancerId = s.LoadBalancerID
		request.BackendServers = &[]ens.AddBackendServersBackendServers{{ServerId: id, Port: port, Weight: "100"}}
		_, err := s.ENS.AddBackendServers(request)
		return err
	}
	w.must(t, "RegisterInstance", map[string]string{"InstanceId": "i-web", "DomainName": "Web.test"}, nil)
	w.must(t, "RegisterInstance", map[string]string{"InstanceId": "i-gone", "DomainName": "gone.test"}, nil)
	if err := add("i-gone"); Code(err) != "MissingIp" || !strings.Contains(err.Error(), "gone.test of i-gone does not resolve: no such name") {
		t.Errorf("a name that does not exist: %v", err)
	}
	server.fail(dns.RcodeServerFailure)
	if err := add("i-web"); Code(err) != "MissingIp" || !strings.Contains(err.Error(), "SERVFAIL") {
		t.Errorf("while DNS fails: %v", err)
	}
	server.fail(dns.RcodeSuccess)
	if err := add("i-web"); err != nil {
		t.Fatal(err)
	}
	front := s.Listen(t, map[string]string{"HealthCheck": "off", "Scheduler": "rr"})
	serves(t, front, "127.0.0.11", "127.0.0.12")

	server.set("web.test", "127.0.0.12", "127.0.0.13")
	serves(t, front, "127.0.0.12", "127.0.0.13")

	// No answer and the answer that there is no such name change nothing.
	for _, rcode := range []int{dns.RcodeServerFailure, dns.RcodeNameError} {
		server.fail(rcode)
		before := server.questions("web.test")
		Eventually(t, func() error {
			if got := server.questions("web.test") - before; got < 4 { // A and AAAA, twice
				return fmt.Errorf("%d questions", got)
			}
			return nil
		})
		serves(t, front, "127.0.0.12", "127.0.0.13")
	}
	if out, _ := newTerminal(t, n).run(t, "", "doctor", "--data", n.Data(), "--api", n.API, "--admin", n.Admin); !strings.Contains(out, "web.test, a name of backends, does not resolve; its addresses of ") {
		t.Errorf("doctor says %s", out)
	}
	if page := n.admin(t, "/metrics"); !strings.Contains(page, "elbow_dns_names_unresolved 1\n") || !strings.Contains(page, `elbow_dns_lookups_total{result="absent"}`) {
		t.Errorf("metrics: %s", page)
	}
	n = n.TakeOver(t)
	serves(t, front, "127.0.0.12", "127.0.0.13")
	n.Stop(t)
	n.Again(t)
	serves(t, front, "127.0.0.12", "127.0.0.13")

	server.set("web.test", "127.0.0.11")
	server.fail(dns.RcodeSuccess)
	serves(t, front, "127.0.0.11")
}

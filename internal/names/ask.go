package names

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// The errors of names that DNS says have no addresses.
var (
	errNoName    = errors.New("no such name")
	errNoAddress = errors.New("the name has no address")
)

// IsAbsent reports whether an error of Lookup means that DNS answered, and has no
// address of the name. Any other error means that it did not answer.
func IsAbsent(err error) bool { return errors.Is(err, errNoName) || errors.Is(err, errNoAddress) }

// ask looks a name up: in /etc/hosts, or else with DNS.
func (r *Resolver) ask(ctx context.Context, name string, had []netip.Addr) (answer, error) {
	if all := inHosts(ctx, name); len(all) > 0 {
		return answer{few(all), r.least, time.Now()}, nil // reading the file costs little
	}
	servers, candidates, err := r.servers(name)
	if err != nil {
		return answer{}, err
	}
	for _, full := range candidates {
		var a answer
		a, err = servers.addresses(ctx, full, had)
		if err == nil || !IsAbsent(err) {
			return a, err
		}
	}
	return answer{}, err
}

// hosts reads /etc/hosts, and nothing else: it reaches no server.
var hosts = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("only /etc/hosts is read")
}}

func inHosts(ctx context.Context, name string) []netip.Addr {
	all, err := hosts.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil // it is not in the file
	}
	return all
}

// few are the addresses that are used: distinct ones without a zone, sorted, at
// most maxAddresses.
func few(all []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range all {
		if a.Zone() == "" {
			out = append(out, a.Unmap())
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	out = slices.Compact(out)
	return out[:min(len(out), maxAddresses)]
}

// resolvConf is a variable for tests.
var resolvConf = "/etc/resolv.conf"

// servers are the servers to ask, and the complete names to ask for, in order.
func (r *Resolver) servers(name string) (servers, []string, error) {
	if len(r.config.Servers) > 0 {
		s := servers{timeout: tryTimeout, attempts: 2}
		for _, at := range r.config.Servers {
			s.hosts = append(s.hosts, at.String())
		}
		return s, []string{dns.Fqdn(name)}, nil
	}
	c, err := dns.ClientConfigFromFile(resolvConf)
	if errors.Is(err, os.ErrNotExist) {
		c, err = &dns.ClientConfig{Port: "53", Ndots: 1, Attempts: 2}, nil
	}
	if err != nil {
		return servers{}, nil, err
	}
	s := servers{timeout: min(cmp.Or(time.Duration(c.Timeout)*time.Second, tryTimeout), tryTimeout), attempts: max(c.Attempts, 1)}
	for _, host := range c.Servers {
		s.hosts = append(s.hosts, net.JoinHostPort(host, c.Port))
	}
	if len(c.Servers) == 0 { // as resolv.conf(5) has it
		s.hosts = []string{net.JoinHostPort("127.0.0.1", c.Port)}
	}
	return s, c.NameList(name), nil
}

// addresses asks for the addresses of both families. If there is no answer for one
// of them, the addresses of that family in had stay.
func (s servers) addresses(ctx context.Context, name string, had []netip.Addr) (answer, error) {
	type result struct {
		found
		err error
	}
	six := make(chan result, 1)
	go func() { // ends with ctx
		f, err := s.ask(ctx, name, dns.TypeAAAA)
		six <- result{f, err}
	}()
	var v4, v6 result
	v4.found, v4.err = s.ask(ctx, name, dns.TypeA)
	v6 = <-six

	a := answer{ttl: maxTTL, at: time.Now()}
	for _, family := range []struct {
		result
		is func(netip.Addr) bool
	}{{v4, netip.Addr.Is4}, {v6, netip.Addr.Is6}} {
		switch {
		case family.err == nil:
			a.addresses = append(a.addresses, family.all...)
			if len(family.all) > 0 {
				a.ttl = min(a.ttl, family.ttl)
			}
		case !IsAbsent(family.err):
			a.ttl = min(a.ttl, retryLast)
			for _, one := range had {
				if family.is(one) {
					a.addresses = append(a.addresses, one)
				}
			}
		}
	}
	if v4.err != nil && v6.err != nil || len(a.addresses) == 0 {
		return answer{}, worst(v4.err, v6.err)
	}
	a.addresses = few(a.addresses)
	return a, nil
}

// worst is the error of a lookup of both families that found no address: no
// answer, rather than that there is no address.
func worst(all ...error) error {
	out := errNoAddress
	for _, err := range all {
		switch {
		case err == nil:
		case !IsAbsent(err):
			return err
		case errors.Is(err, errNoName):
			out = err
		}
	}
	return out
}

func refused(server string, rcode int) error {
	return fmt.Errorf("%s answers %s", server, cmp.Or(dns.RcodeToString[rcode], fmt.Sprint("code ", rcode)))
}

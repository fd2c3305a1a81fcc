package names

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// servers are asked one after the other.
type servers struct {
	hosts    []string // host:port
	timeout  time.Duration
	attempts int
}

// found are the addresses in an answer.
type found struct {
	all []netip.Addr
	ttl time.Duration // the shortest of all records that led to them
}

// ask asks for the records of a type until a server answers. That a name does not
// exist, or has no record of the type, is an answer; a server that fails is passed
// over, as in libc.
func (s servers) ask(ctx context.Context, name string, qtype uint16) (found, error) {
	var err error
	for range s.attempts {
		for _, server := range s.hosts {
			var m *dns.Msg
			if m, err = s.try(ctx, server, name, qtype); err != nil {
				if ctx.Err() != nil {
					return found{}, err
				}
				continue
			}
			switch m.Rcode {
			case dns.RcodeSuccess:
				f := addressesIn(m, name)
				if len(f.all) == 0 {
					return f, errNoAddress
				}
				return f, nil
			case dns.RcodeNameError:
				return found{}, errNoName
			}
			err = refused(server, m.Rcode)
		}
	}
	return found{}, err
}

// try asks one server once: over UDP, then over TCP if the answer does not fit; and
// without EDNS if the server does not know that (RFC 6891, 7).
func (s servers) try(ctx context.Context, server, name string, qtype uint16) (*dns.Msg, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, qtype)
	q.SetEdns0(payload, false)
	m, err := s.over(ctx, "udp", server, q)
	if err == nil && (m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented) {
		q.Extra = nil
		m, err = s.over(ctx, "udp", server, q)
	}
	if err == nil && m.Truncated {
		m, err = s.over(ctx, "tcp", server, q)
	}
	return m, err
}

func (s servers) over(ctx context.Context, network, server string, q *dns.Msg) (*dns.Msg, error) {
	client := dns.Client{Net: network, Timeout: s.timeout, UDPSize: payload}
	m, _, err := client.ExchangeContext(ctx, q, server)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", server, err)
	}
	if len(m.Question) != 1 || dns.CanonicalName(m.Question[0].Name) != dns.CanonicalName(q.Question[0].Name) || m.Question[0].Qtype != q.Question[0].Qtype {
		return nil, fmt.Errorf("%s answers another question", server)
	}
	return m, nil
}

// addressesIn follows the aliases in an answer from name to addresses. A record of
// another name is not used.
func addressesIn(m *dns.Msg, name string) found {
	f := found{ttl: maxTTL}
	seen := make(map[string]bool)
	for owner := dns.CanonicalName(name); owner != "" && !seen[owner]; {
		seen[owner] = true
		next := ""
		for _, rr := range m.Answer {
			if dns.CanonicalName(rr.Header().Name) != owner {
				continue
			}
			var a netip.Addr
			switch rr := rr.(type) {
			case *dns.CNAME:
				next = dns.CanonicalName(rr.Target)
			case *dns.A:
				a, _ = netip.AddrFromSlice(rr.A.To4()) // the zero address if malformed
			case *dns.AAAA:
				a, _ = netip.AddrFromSlice(rr.AAAA) // the same
			default:
				continue
			}
			f.ttl = min(f.ttl, time.Duration(rr.Header().Ttl)*time.Second)
			if a.IsValid() {
				f.all = append(f.all, a)
			}
		}
		owner = next
	}
	return f
}

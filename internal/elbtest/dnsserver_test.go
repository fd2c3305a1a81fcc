package elbtest

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// A dnsServer is a DNS server whose answers the test changes. Their TTL is 0.
type dnsServer struct {
	Address string // host:port, of UDP

	mu      sync.Mutex
	records map[string][]string // guarded by mu; addresses by name, without the root's dot
	rcode   int                 // guarded by mu; of all answers, if it is not 0
	asked   map[string]int      // guarded by mu; questions by name
}

func newDNSServer(t testing.TB) *dnsServer {
	t.Helper()
	s := &dnsServer{records: make(map[string][]string), asked: make(map[string]int)}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = udp.LocalAddr().String()
	server := &dns.Server{PacketConn: udp, Handler: s}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.ActivateAndServe() // until the socket is closed
	}()
	t.Cleanup(func() {
		_ = udp.Close()
		<-ended
	})
	return s
}

// set sets the addresses of a name. Without addresses the name does not exist.
func (s *dnsServer) set(name string, addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[name] = addresses
}

// fail makes the server answer every question with an error, until it is called with
// dns.RcodeSuccess.
func (s *dnsServer) fail(rcode int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcode = rcode
}

// questions returns the number of questions for a name so far.
func (s *dnsServer) questions(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// ServeDNS answers a question.
func (s *dnsServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := new(dns.Msg)
	m.SetReply(q)
	name := strings.TrimSuffix(q.Question[0].Name, ".")
	s.asked[name]++
	switch addresses := s.records[name]; {
	case s.rcode != dns.RcodeSuccess:
		m.Rcode = s.rcode
	case len(addresses) == 0:
		m.Rcode = dns.RcodeNameError
	default:
		for _, a := range addresses {
			h := dns.RR_Header{Name: q.Question[0].Name, Class: dns.ClassINET}
			switch ip := net.ParseIP(a); {
			case ip.To4() != nil && q.Question[0].Qtype == dns.TypeA:
				h.Rrtype = dns.TypeA
				m.Answer = append(m.Answer, &dns.A{Hdr: h, A: ip})
			case ip.To4() == nil && q.Question[0].Qtype == dns.TypeAAAA:
				h.Rrtype = dns.TypeAAAA
				m.Answer = append(m.Answer, &dns.AAAA{Hdr: h, AAAA: ip})
			}
		}
	}
	_ = w.WriteMsg(m) // the resolver asks again
}

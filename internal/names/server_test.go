package names

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// A server is a DNS server on loopback whose answers the test changes.
type server struct {
	at netip.AddrPort

	mu     sync.Mutex
	answer func(q dns.Question) *dns.Msg // guarded by mu
	asked  []string                      // guarded by mu; "udp A web.test."
	signal chan struct{}                 // closed and replaced at each question
}

func newServer(t testing.TB) *server {
	t.Helper()
	udp, tcp := listenBoth(t)
	s := &server{at: netip.MustParseAddrPort(udp.LocalAddr().String()), signal: make(chan struct{})}
	var running sync.WaitGroup
	for _, one := range []*dns.Server{{PacketConn: udp, Handler: s}, {Listener: tcp, Handler: s}} {
		running.Go(func() { _ = one.ActivateAndServe() }) // until the socket is closed
	}
	t.Cleanup(func() {
		_, _ = udp.Close(), tcp.Close()
		running.Wait()
	})
	return s
}

// listenBoth listens on a port that is free for UDP and TCP.
func listenBoth(t testing.TB) (net.PacketConn, net.Listener) {
	t.Helper()
	var err error
	for range 100 {
		udp, udpErr := net.ListenPacket("udp", "127.0.0.1:0")
		if udpErr != nil {
			t.Fatal(udpErr)
		}
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", udp.LocalAddr().String()); err == nil {
			return udp, tcp
		}
		_ = udp.Close()
	}
	t.Fatal(err)
	return nil, nil
}

// says sets the answer to all questions.
func (s *server) says(answer func(q dns.Question) *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// parse returns records in the form of a zone file.
func parse(records ...string) (all []dns.RR) {
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			panic(err) // a mistake in the test
		}
		all = append(all, rr)
	}
	return all
}

// zone answers with records in the form of a zone file; a name without any does
// not exist.
func zone(records ...string) func(dns.Question) *dns.Msg {
	all := parse(records...)
	return func(q dns.Question) *dns.Msg {
		m := new(dns.Msg)
		m.Rcode = dns.RcodeNameError
		for name, again := q.Name, true; again; {
			again = false
			for _, rr := range all {
				if !strings.EqualFold(rr.Header().Name, name) {
					continue
				}
				m.Rcode = dns.RcodeSuccess
				if c, ok := rr.(*dns.CNAME); ok {
					m.Answer = append(m.Answer, rr)
					name, again = c.Target, true
				} else if rr.Header().Rrtype == q.Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		return m
	}
}

// code answers with an error.
func code(rcode int) func(dns.Question) *dns.Msg {
	return func(dns.Question) *dns.Msg {
		m := new(dns.Msg)
		m.Rcode = rcode
		return m
	}
}

// ServeDNS answers a question. One without an answer is dropped.
func (s *server) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	s.mu.Lock()
	one := q.Question[0]
	m := s.answer(one)
	s.asked = append(s.asked, fmt.Sprint(w.LocalAddr().Network(), " ", dns.TypeToString[one.Qtype], " ", one.Name))
	close(s.signal)
	s.signal = make(chan struct{})
	s.mu.Unlock()
	if m == nil {
		return
	}
	m.Id, m.Response, m.Question = q.Id, true, q.Question
	if w.LocalAddr().Network() == "udp" && m.Len() > payload {
		m.Answer, m.Truncated = nil, true
	}
	_ = w.WriteMsg(m) // the resolver may have given up
}

// questions lists what was asked.
func (s *server) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

package names

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/leak"

	"github.com/miekg/dns"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// patience bounds a wait for an expected event.
const patience = 30 * time.Second

// newResolver returns a Resolver that asks the server, and its log.
func newResolver(t testing.TB, s *server, file string) (*Resolver, *logLines) {
	t.Helper()
	lines := new(logLines)
	r := New(Config{Servers: []netip.AddrPort{s.at}, File: file, Log: slog.New(slog.NewTextHandler(lines, nil))})
	r.least = 10 * time.Millisecond
	t.Cleanup(r.Close)
	return r, lines
}

type logLines struct {
	mu  sync.Mutex
	all bytes.Buffer // guarded by mu
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logLines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), text)
}

func set(names ...string) map[string]struct{} {
	m := make(map[string]struct{})
	for _, name := range names {
		m[name] = struct{}{}
	}
	return m
}

// await waits until the state of a name is as wanted.
func await(t *testing.T, r *Resolver, name string, is func(State) bool) State {
	t.Helper()
	timeout := time.After(patience)
	for {
		s := r.State(name)
		if is(s) {
			return s
		}
		select {
		case <-r.Changed():
		case <-timeout:
			t.Fatalf("%s is still %+v", name, s)
		}
	}
}

func has(addresses ...string) func(State) bool {
	return func(s State) bool { return fmt.Sprint(s.Addresses) == fmt.Sprint(addresses) }
}

// askMore waits until the server was asked n more questions.
func (s *server) askMore(t *testing.T, n int) {
	t.Helper()
	s.mu.Lock()
	before := len(s.asked)
	s.mu.Unlock()
	timeout := time.After(patience)
	for {
		s.mu.Lock()
		now, next := len(s.asked), s.signal
		s.mu.Unlock()
		if now >= before+n {
			return
		}
		select {
		case <-next:
		case <-timeout:
			t.Fatalf("%d more questions, want %d", now-before, n)
		}
	}
}

func TestLookup(t *testing.T) {
	leak.Check(t)
	var many []string
	for i := range 100 { // does not fit into a datagram
		many = append(many, fmt.Sprintf("many.test. 60 A 10.1.0.%d", 200-i))
	}
	for _, tt := range []struct {
		what   string
		name   string
		answer func(dns.Question) *dns.Msg
		want   string // addresses, or an error
		ttl    time.Duration
		absent bool
	}{
		{what: "sorted and distinct", name: "a.test", answer: zone("a.test. 60 A 10.0.0.2", "a.test. 60 A 10.0.0.1", "a.test. 60 A 10.0.0.2"), want: "[10.0.0.1 10.0.0.2]", ttl: time.Minute},
		{what: "both families", name: "a.test", answer: zone("a.test. 60 A 10.0.0.1", "a.test. 30 AAAA fd00::1"), want: "[10.0.0.1 fd00::1]", ttl: 30 * time.Second},
		{what: "one family", name: "a.test", answer: zone("a.test. 60 AAAA fd00::1"), want: "[fd00::1]", ttl: time.Minute},
		{what: "case of letters", name: "a.test", answer: zone("A.Test. 60 A 10.0.0.1"), want: "[10.0.0.1]", ttl: time.Minute},
		{what: "aliases, with the shortest TTL", name: "a.test", answer: zone("a.test. 7 CNAME b.test.", "b.test. 60 CNAME c.test.", "c.test. 50 A 10.0.0.1"), want: "[10.0.0.1]", ttl: 7 * time.Second},
		{what: "an alias of nothing", name: "a.test", answer: zone("a.test. 7 CNAME b.test."), want: "the name has no address", absent: true},
		{what: "a loop of aliases", name: "a.test", answer: func(q dns.Question) *dns.Msg {
			return &dns.Msg{Answer: parse("a.test. 7 CNAME b.test.", "b.test. 7 CNAME a.test.")}
		}, want: "the name has no address", absent: true},
		{what: "records of another name", name: "a.test", answer: func(q dns.Question) *dns.Msg {
			return &dns.Msg{Answer: parse("evil.test. 7 A 10.6.6.6")}
		}, want: "the name has no address", absent: true},
		{what: "over TCP, and the lowest ones", name: "many.test", answer: zone(many...), want: "10.1.0.164]", ttl: time.Minute},
		{what: "no such name", name: "b.test", answer: zone("a.test. 60 A 10.0.0.1"), want: "no such name", absent: true},
		{what: "no such record", name: "a.test", answer: zone("a.test. 60 TXT x"), want: "the name has no address", absent: true},
		{what: "an error", name: "a.test", answer: code(dns.RcodeServerFailure), want: "answers SERVFAIL"},
		{what: "a refusal", name: "a.test", answer: code(dns.RcodeRefused), want: "answers REFUSED"},
		{what: "an error for one family", name: "a.test", answer: func(q dns.Question) *dns.Msg {
			if q.Qtype == dns.TypeAAAA {
				return code(dns.RcodeServerFailure)(q)
			}
			return zone("a.test. 60 A 10.0.0.1")(q)
		}, want: "[10.0.0.1]", ttl: retryLast},
		{what: "an error for one family, nothing for the other", name: "a.test", answer: func(q dns.Question) *dns.Msg {
			if q.Qtype == dns.TypeAAAA {
				return code(dns.RcodeServerFailure)(q)
			}
			return zone("a.test. 60 TXT x")(q)
		}, want: "answers SERVFAIL"},
	} {
		s := newServer(t)
		s.says(tt.answer)
		r, _ := newResolver(t, s, "")
		a, err := r.look(t.Context(), tt.name, nil)
		got := fmt.Sprint(a.addresses)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, tt.want) || a.ttl != tt.ttl || IsAbsent(err) != tt.absent || len(a.addresses) > maxAddresses {
			t.Errorf("%s: got %s, TTL %s, absent %v, want %s, %s, %v", tt.what, got, a.ttl, IsAbsent(err), tt.want, tt.ttl, tt.absent)
		}
	}
}

// The next server is asked if one is not there, and if it has no answer.
func TestLookupWithSeveralServers(t *testing.T) {
	leak.Check(t)
	broken, good := newServer(t), newServer(t)
	broken.says(code(dns.RcodeServerFailure))
	good.says(zone("a.test. 60 A 10.0.0.1"))
	gone := netip.MustParseAddrPort("127.0.0.1:1") // refuses
	r := New(Config{Servers: []netip.AddrPort{gone, broken.at, good.at}})
	defer r.Close()
	if got, err := r.Lookup(t.Context(), "a.test"); err != nil || fmt.Sprint(got) != "[10.0.0.1]" {
		t.Errorf("got %v, %v", got, err)
	}
	// The answer that a name does not exist is final.
	before := len(good.questions())
	broken.says(code(dns.RcodeNameError))
	if _, err := r.Lookup(t.Context(), "b.test"); !IsAbsent(err) {
		t.Errorf("got %v", err)
	}
	if after := len(good.questions()); after != before {
		t.Errorf("%d questions to a server after one that has answered", after-before)
	}
}

// A server that does not know EDNS is asked without.
func TestLookupWithoutEDNS(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	asked := make(map[uint16]int)
	s.says(func(q dns.Question) *dns.Msg {
		if asked[q.Qtype]++; asked[q.Qtype] == 1 {
			return code(dns.RcodeFormatError)(q)
		}
		return zone("a.test. 60 A 10.0.0.1")(q)
	})
	r, _ := newResolver(t, s, "")
	if got, err := r.Lookup(t.Context(), "a.test"); err != nil || fmt.Sprint(got) != "[10.0.0.1]" {
		t.Errorf("got %v, %v", got, err)
	}
}

// A name in /etc/hosts needs no server.
func TestLookupInHosts(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(code(dns.RcodeServerFailure))
	r, _ := newResolver(t, s, "")
	text, _ := os.ReadFile("/etc/hosts")
	if !bytes.Contains(text, []byte("localhost")) {
		t.Skip("/etc/hosts has no localhost")
	}
	got, err := r.Lookup(t.Context(), "localhost")
	if err != nil || len(got) == 0 || !got[0].IsLoopback() {
		t.Errorf("got %v, %v", got, err)
	}
	if all := s.questions(); len(all) != 0 {
		t.Errorf("the server was asked %v", all)
	}
}

// Without servers of its own, a Resolver has those of resolv.conf, and its search
// list.
func TestLookupByResolvConf(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "resolv.conf")
	defer func(was string) { resolvConf = was }(resolvConf)
	resolvConf = path
	r := New(Config{})
	defer r.Close()
	for _, tt := range []struct{ text, name, want string }{
		{"nameserver 10.0.0.53\nnameserver fd00::53\nsearch one.test two.test\n", "web", "[10.0.0.53:53 [fd00::53]:53] [web.one.test. web.two.test. web.]"},
		{"nameserver 10.0.0.53\nsearch one.test\n", "web.test", "[10.0.0.53:53] [web.test. web.test.one.test.]"},
		{"nameserver 10.0.0.53\nsearch one.test\n", "web.", "[10.0.0.53:53] [web.]"},
		{"", "web.test", "[127.0.0.1:53] [web.test.]"},
	} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, names, err := r.servers(tt.name)
		if got := fmt.Sprint(s.hosts, names); err != nil || got != tt.want || s.timeout > tryTimeout || s.timeout <= 0 {
			t.Errorf("%q, %s: got %s, %s, %v, want %s", tt.text, tt.name, got, s.timeout, err, tt.want)
		}
	}
	_ = os.Remove(path)
	if s, _, err := r.servers("web.test"); err != nil || fmt.Sprint(s.hosts) != "[127.0.0.1:53]" || s.timeout != tryTimeout {
		t.Errorf("without the file: %+v, %v", s, err)
	}
}

// A watched name is looked up by its TTL. Its addresses stay while it does not
// resolve, which is logged once.
func TestWatch(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(zone("a.test. 0 A 10.0.0.1"))
	r, lines := newResolver(t, s, "")
	if r.Addresses("a.test") != nil {
		t.Error("addresses of a name that is not watched")
	}
	r.Watch(set("a.test"))
	r.Looked(t.Context())
	if got := r.Addresses("a.test"); fmt.Sprint(got) != "[10.0.0.1]" {
		t.Errorf("after the first lookup: %v", got)
	}
	s.says(zone("a.test. 0 A 10.0.0.2", "a.test. 0 A 10.0.0.3"))
	await(t, r, "a.test", has("10.0.0.2", "10.0.0.3"))

	s.says(code(dns.RcodeServerFailure))
	failed := await(t, r, "a.test", func(s State) bool { return s.Err != nil })
	if fmt.Sprint(failed.Addresses) != "[10.0.0.2 10.0.0.3]" || IsAbsent(failed.Err) || failed.Resolved.IsZero() {
		t.Errorf("while DNS fails: %+v", failed)
	}
	s.says(zone())
	s.askMore(t, 4) // two lookups of both types: the first has ended
	await(t, r, "a.test", func(s State) bool { return IsAbsent(s.Err) })
	if got := r.State("a.test"); fmt.Sprint(got.Addresses) != "[10.0.0.2 10.0.0.3]" || !got.Resolved.Equal(failed.Resolved) {
		t.Errorf("while the name does not exist: %+v", got)
	}
	if n := lines.count("name not resolved"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	// In use, also for calls.
	if got, err := r.Lookup(t.Context(), "a.test"); err != nil || len(got) != 2 {
		t.Errorf("Lookup: %v, %v", got, err)
	}
	s.says(zone("a.test. 0 A 10.0.0.3"))
	back := await(t, r, "a.test", has("10.0.0.3"))
	if back.Err != nil || !back.Resolved.After(failed.Resolved) || lines.count("name resolved again") != 1 {
		t.Errorf("after it: %+v", back)
	}

	r.Watch(set())
	if r.Addresses("a.test") != nil || len(r.States()) != 0 {
		t.Error("addresses of a name that is no longer watched")
	}
}

// If DNS has no answer for one family, its addresses stay.
func TestWatchKeepsAFamily(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(zone("a.test. 0 A 10.0.0.1", "a.test. 0 AAAA fd00::1"))
	r, _ := newResolver(t, s, "")
	r.Watch(set("a.test"))
	await(t, r, "a.test", has("10.0.0.1", "fd00::1"))
	s.says(func(q dns.Question) *dns.Msg {
		if q.Qtype == dns.TypeAAAA {
			return code(dns.RcodeServerFailure)(q)
		}
		return zone("a.test. 0 A 10.0.0.2")(q)
	})
	await(t, r, "a.test", has("10.0.0.2", "fd00::1"))
}

// A name that a call has looked up is in use at once when it is watched.
func TestWatchAfterLookup(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(zone("a.test. 60 A 10.0.0.1"))
	r, _ := newResolver(t, s, "")
	if _, err := r.Lookup(t.Context(), "a.test"); err != nil {
		t.Fatal(err)
	}
	r.Watch(set("a.test"))
	if got := r.Addresses("a.test"); fmt.Sprint(got) != "[10.0.0.1]" {
		t.Errorf("got %v", got)
	}
	if n := len(s.questions()); n != 2 {
		t.Errorf("%d questions, want one for each family", n)
	}
}

// The last addresses are in the file for a start while DNS fails, until another
// process holds it.
func TestFile(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(zone("a.test. 0 A 10.0.0.1"))
	path := filepath.Join(t.TempDir(), "names.json")
	first, _ := newResolver(t, s, path)
	first.Hold()
	first.Watch(set("a.test"))
	await(t, first, "a.test", has("10.0.0.1"))
	first.Release()
	s.says(zone("a.test. 0 A 10.0.0.2"))
	await(t, first, "a.test", has("10.0.0.2")) // not in the file any more

	s.says(code(dns.RcodeServerFailure))
	second, _ := newResolver(t, s, path)
	second.Hold()
	second.Watch(set("a.test", "b.test"))
	if got := second.State("a.test"); fmt.Sprint(got.Addresses) != "[10.0.0.1]" || got.Resolved.IsZero() {
		t.Errorf("from the file: %+v", got)
	}
	second.Looked(t.Context())
	if got := second.State("b.test"); got.Err == nil || got.Addresses != nil {
		t.Errorf("a name that was never resolved: %+v", got)
	}

	// A file that is none is no reason not to start.
	if err := os.WriteFile(path, []byte(`{"a.test":{"Addresses":["10.0.0`), 0o600); err != nil {
		t.Fatal(err)
	}
	third, lines := newResolver(t, s, path)
	third.Hold()
	third.Watch(set("a.test"))
	if got := third.Addresses("a.test"); got != nil || lines.count("not read") != 1 {
		t.Errorf("from half a file: %v", got)
	}
}

// A server that never answers holds up nobody beyond the context.
func TestLookedEnds(t *testing.T) {
	leak.Check(t)
	s := newServer(t)
	s.says(func(dns.Question) *dns.Msg { return nil })
	r, _ := newResolver(t, s, "")
	r.Watch(set("a.test"))
	s.askMore(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Looked(ctx)
	if got := r.State("a.test"); got.Err != nil || got.Addresses != nil {
		t.Errorf("got %+v", got)
	}
}

// The time between lookups follows the TTL within its bounds.
func TestUntil(t *testing.T) {
	for _, tt := range []struct{ ttl, want time.Duration }{
		{0, minTTL}, {time.Second, time.Second}, {time.Minute, time.Minute}, {24 * time.Hour, maxTTL}, {1<<31*time.Second - time.Second, maxTTL},
	} {
		for range 100 {
			if got := until(tt.ttl, minTTL); got < tt.want || got > tt.want+tt.want/10 {
				t.Errorf("TTL %s: got %s, want %s and a tenth at most", tt.ttl, got, tt.want)
			}
		}
	}
	for tries, want := range map[int]time.Duration{1: retryFirst, 2: 2 * retryFirst, 5: 16 * retryFirst, 6: retryLast, 10000: retryLast} {
		if got := pause(tries); got < want || got > want+want/10 {
			t.Errorf("after %d: got %s, want %s and a tenth at most", tries, got, want)
		}
	}
}

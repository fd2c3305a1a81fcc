package proxy

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"elbow/internal/balance"
	"elbow/internal/exchange"
	"elbow/internal/leak"
)

// testedQUIC is the version of quic-go whose source was checked for how it reports ids and
// reads random bytes. Another version has to be checked again: the tracer gets the id of
// the client's first packet (server.go, handleInitialImpl), and that of the transport an
// event for each packet of an unknown connection that is not answered, before the next
// batch is read (transport.go, handlePacket).
const testedQUIC = "v0.65.0"

func TestQUICVersion(t *testing.T) {
	leak.Check(t)
	// The build information of a test binary lists no modules.
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\tgithub.com/quic-go/quic-go ")
	if got, _, _ := strings.Cut(rest, "\n"); !found || got != testedQUIC {
		t.Errorf("go.mod has quic-go %q, looked at was %s", got, testedQUIC)
	}
}

// scheduled makes the listener use the scheduler of this name with n backends, which
// answer with their name and the address that the request came from.
func scheduled(t *testing.T, name string, n int, settings ...setting) (*rig, balance.Scheduler) {
	t.Helper()
	var addresses []string
	for i := range n {
		addresses = append(addresses, origin(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, string(rune('a'+i)), " ", r.Header.Get("X-Forwarded-For"))
		}))
	}
	r := newRig(t, addresses, settings...)
	cfg := *r.cfg
	cfg.Scheduler = hashing(t, name, r.members())
	r.lis.Swap(&cfg)
	return r, cfg.Scheduler
}

func (r *rig) members() *balance.Group {
	g := new(balance.Group)
	for _, b := range r.cfg.Backends {
		g.Members = append(g.Members, b.Member)
		g.Weights = append(g.Weights, 100)
	}
	return g
}

func hashing(t testing.TB, name string, g *balance.Group) balance.Scheduler {
	t.Helper()
	s, err := balance.New(name, g, bytes.Repeat([]byte("s"), 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// backendOf returns the backend's name in an answer such as "a 127.0.0.1".
func backendOf(answer string) string { return answer[:strings.IndexByte(answer, ' ')] }

// firstIDs are connection ids of first packets. The ids of a family have the same 2nd to
// 4th byte.
var firstIDs = []struct{ family, id string }{
	{"one", "00aabbcc00000000"},
	{"one", "ffaabbccffffffff"},
	{"one", "40aabbcc1122334455667788990011223344"},
	{"one", "01aabbcc0102030405060708090a0b0c0d0e0f10"},
	{"two", "00aabbcd00000000"},
	{"two", "13aabbcd9999999999999999"},
	{"three", "0000000000000000"},
	{"three", "8000000000000000ff"},
	{"four", "a0ffffff00000000"},
	{"four", "a1ffffff0000000000"},
	{"five", "0010203040506070"},
	{"six", "0020304050607080"},
	{"seven", "0030405060708090"},
	{"eight", "00405060708090a0"},
}

// qch hashes the whole id that the client chose first, iqch its 2nd to 4th byte, and
// all requests of a connection go to the backend that results.
func TestQUICSchedulers(t *testing.T) {
	leak.Check(t)
	for _, name := range []string{"qch", "iqch"} {
		for _, retry := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/retry=%v", name, retry), func(t *testing.T) {
				r, s := scheduled(t, name, 4, func(o *Options, _ *Config) {
					if retry {
						o.MaxShaking = -1
					}
				})
				families := make(map[string]string)
				used := make(map[string]bool)
				for _, tt := range firstIDs {
					id, err := hex.DecodeString(tt.id)
					if err != nil {
						t.Fatal(err)
					}
					want := string(rune('a' + s.Pick(balance.Key{ClientIP: [16]byte{1: 99}, QUICID: id}, -1)))
					c := r.dialH3(id)
					for n := range 4 {
						if got := backendOf(c.get("/")); got != want {
							t.Errorf("id %s, request %d: got backend %s, want %s", tt.id, n, got, want)
						}
					}
					used[want] = true
					if name == "iqch" && families[tt.family] != "" && families[tt.family] != want {
						t.Errorf("id %s: family %s is split between %s and %s", tt.id, tt.family, families[tt.family], want)
					}
					families[tt.family] = want
				}
				if len(used) < 2 {
					t.Errorf("all ids go to %v, which proves nothing", used)
				}
			})
		}
	}
}

// The id is that of the client's first packet, even if a Retry follows.
func TestFirstIDIsTheClients(t *testing.T) {
	leak.Check(t)
	for _, retry := range []bool{false, true} {
		r := newRig(t, []string{origin(t, hello)}, func(o *Options, _ *Config) {
			if retry {
				o.MaxShaking = -1
			}
		})
		for _, n := range []int{minFirstID, 13, maxFirstID} {
			id := make([]byte, n)
			_, _ = rand.Read(id)
			c := r.dialH3(id)
			c.get("/")
			found := false
			r.lis.conns.each(func(o *exchange.Origin) { found = found || bytes.Equal(o.Key.QUICID, id) })
			if !found {
				t.Errorf("retry %v: no connection has the id %x", retry, id)
			}
			_ = c.CloseWithError(0x100, "")
		}
	}
}

// If a NAT router changes the client's port, the client keeps its backend and its
// requests in flight, and the backend gets the same client address as before.
func TestRebindingKeepsBackend(t *testing.T) {
	leak.Check(t)
	for _, name := range []string{"qch", "iqch", "sch"} {
		t.Run(name, func(t *testing.T) {
			r, _ := scheduled(t, name, 4)
			box := newNATBox(t, r.udpAddr())
			q := r.dialQUIC(nil, box.inside.LocalAddr())
			c := &h3Client{t, q, new(http3.Transport).NewClientConn(q)}
			want := backendOf(c.get("/"))
			for range 3 {
				r.log.next(t)
				box.rebind(t)
				for range 3 { // the first one reveals the new port, the others use it
					if got := backendOf(c.get("/")); got != want {
						t.Errorf("got backend %s after rebinding, want %s", got, want)
					}
				}
				port := ":" + strconv.Itoa(box.port())
				waitFor(t, "a request from port"+port, func() bool {
					c.get("/")
					line, _ := r.log.next(t)["client"].(string)
					return strings.HasSuffix(line, port)
				})
			}
		})
	}
}

// After a migration, the backend and the access log get the last validated address:
// the source address of a single packet may be forged.
func TestForwardedForAfterMove(t *testing.T) {
	leak.Check(t)
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, req *http.Request) {
		_, _ = fmt.Fprint(w, req.Header.Get("X-Forwarded-For"))
	})})
	box := newNATBox(t, r.udpAddr())
	c := &rawH3{t, r.dialQUIC(nil, box.inside.LocalAddr())}
	if got := c.ask("/"); got != "127.0.0.1" {
		t.Fatalf("got %s", got)
	}
	r.log.next(t)
	box.holdBack() // the PATH_CHALLENGE, too
	box.rebindTo(t, net.IPv4(127, 0, 0, 2))
	str := c.stream(true, headers(pseudo("GET", "/")...))
	if line := r.log.next(t); !strings.HasPrefix(line["client"].(string), "127.0.0.1:") {
		t.Errorf("not proved: the access log has %v", line["client"])
	}
	box.letGo()
	if got := c.answer(str).body; got != "127.0.0.1" {
		t.Errorf("not proved: the backend got %s", got)
	}
	waitFor(t, "a request from the new address", func() bool { return c.ask("/") == "127.0.0.2" })
}

// A client that changes to another network keeps its backend.
func TestMigrationKeepsBackend(t *testing.T) {
	leak.Check(t)
	for _, name := range []string{"qch", "iqch", "sch"} {
		t.Run(name, func(t *testing.T) {
			r, _ := scheduled(t, name, 4)
			c := r.dialRaw() // quic-go's HTTP/3 client races with its own migration
			want := c.ask("/")
			other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Close() })
			tr := &quic.Transport{Conn: other}
			t.Cleanup(func() { _ = tr.Close() })
			path, err := c.quic.AddPath(tr)
			if err != nil {
				t.Fatal(err)
			}
			if err := path.Probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := path.Switch(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "a request from the new address", func() bool {
				got := c.ask("/")
				if backendOf(got) != backendOf(want) {
					t.Fatalf("got %s after migration, want backend %s", got, want)
				}
				return strings.HasSuffix(got, " 127.0.0.2")
			})
		})
	}
}

// With random connection ids, a backend that is removed moves its own clients and
// hardly any other, and one that is down moves no other at all.
func TestLeavingBackendMovesItsShare(t *testing.T) {
	leak.Check(t)
	if testing.Short() {
		t.Skip("opens many connections")
	}
	const backends, clients = 5, 60
	for _, name := range []string{"qch", "iqch"} {
		t.Run(name, func(t *testing.T) {
			r, _ := scheduled(t, name, backends)
			var all []*h3Client
			var before []string
			for range clients {
				c := r.dialH3(nil)
				all = append(all, c)
				before = append(before, backendOf(c.get("/")))
			}
			// The last backend is removed from the configuration.
			cfg := *r.cfg
			cfg.Backends = cfg.Backends[:backends-1]
			g := r.members()
			g.Members, g.Weights = g.Members[:backends-1], g.Weights[:backends-1]
			cfg.Scheduler = hashing(t, name, g)
			r.lis.Swap(&cfg)

			gone, others := string(rune('a'+backends-1)), 0
			for i, c := range all {
				after := backendOf(c.get("/"))
				switch {
				case before[i] == gone && after == gone:
					t.Fatalf("client %d is still with the backend that left", i)
				case before[i] != gone && after != before[i]:
					others++
				}
			}
			if limit := clients / backends; others > limit/2 {
				t.Errorf("%d of %d clients of other backends moved", others, clients)
			}
			// A backend that is down but not removed moves no other clients.
			again := *r.cfg
			again.Scheduler = hashing(t, name, r.members())
			r.lis.Swap(&again)
			r.cfg.Backends[0].Member.SetHealth(balance.Unhealthy)
			for i, c := range all {
				if after := backendOf(c.get("/")); before[i] != "a" && after != before[i] {
					t.Errorf("client %d moved from %s to %s though a was down", i, before[i], after)
				}
			}
		})
	}
}

// FuzzQUICPort sends arbitrary datagrams to the port, which must not affect a client.
func FuzzQUICPort(f *testing.F) {
	initial := make([]byte, 1200)
	copy(initial, "\xc0\x00\x00\x00\x01\x08\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x44\x9e")
	for _, seed := range [][]byte{{0}, {0x40}, initial, initial[:20], append([]byte{0xc0, 0, 0, 0, 1, 20}, initial[:1200]...)} {
		f.Add(seed)
	}
	r := newRig(f, []string{origin(f, hello)})
	udp := listenUDP(f)
	to := r.udpAddr()
	c := r.dialH3(nil)
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) == 0 || len(packet) > 1500 {
			return
		}
		if _, err := udp.WriteTo(packet, to); err != nil {
			t.Fatal(err)
		}
		(&h3Client{t, c.quic, c.ClientConn}).get("/")
	})
}

package reconcile

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"elbow/internal/elb"
	"elbow/internal/health"
)

// A key identifies a unit: one TCP or UDP port of one load balancer.
type key struct {
	loadBalancer string
	port         int
	udp          bool
}

// keyOf is the key of the unit of a listener.
func keyOf(k elb.ListenerKey) key { return key{k.LoadBalancerID, k.Port, k.Protocol.UsesUDP()} }

func (k key) String() string { return k.loadBalancer + ":" + k.listener() }

// listener is the part of the key that labels logs and metrics: 443, or 53/udp.
func (k key) listener() string {
	if k.udp {
		return strconv.Itoa(k.port) + "/udp"
	}
	return strconv.Itoa(k.port)
}

func (k key) compare(o key) int {
	if c := strings.Compare(k.loadBalancer, o.loadBalancer); c != 0 {
		return c
	}
	if k.port != o.port || k.udp == o.udp {
		return k.port - o.port
	}
	if k.udp {
		return 1
	}
	return -1
}

// A spec is everything that a unit depends on: values only, so that two specs can
// be compared. An HTTPS listener with ListenerForward has two units, its own and
// the redirect on ForwardPort.
type spec struct {
	key
	owner    elb.ListenerKey // the listener whose status the unit is part of
	revision int64           // of the owner's last change in the store
	forward  int             // port of the unit that redirects to this one; 0: none

	address     netip.AddrPort
	also        []netip.Addr // addresses of EIPs, same port
	protocol    elb.Protocol // of the unit: http for the redirect of an HTTPS listener
	noHTTP3     bool         // a UDP listener has the port
	redirect    int          // HTTPS port that requests are redirected to; 0: none, the unit forwards
	certificate string       // decimal id, or several; "" for a redirect
	sessions    *sessionKeys // nil: none are stored, or a redirect
	settings    settings
	check       check
	members     []member // in the order of the pool
	refused     []refusal
}

// settings are the fields whose change replaces the scheduler and the stickiness,
// and nothing else.
type settings struct {
	scheduler      string
	seed           [32]byte
	sticky         elb.Sticky
	protocol       string // of the backends
	idleTimeout    time.Duration
	requestTimeout time.Duration
	keepFor        bool // X-Forwarded-For is passed on as the client sent it

	// For TCP and UDP.
	established time.Duration
	persistence time.Duration
	proxyHeader bool
}

// A check says how backends are probed. The zero check probes nothing.
type check struct {
	on       bool
	kind     health.Kind
	request  string // of UDP
	expect   string // of UDP
	h2c      bool   // probe with HTTP/2, like requests
	host     string
	uri      string
	method   string
	success  [6]bool // by class of the status code, 1 to 5
	port     int     // 0: the backend's
	interval time.Duration
	timeout  time.Duration
	rise     int
	fall     int
}

// A backendID decides what survives a change: as long as it is the same, the
// connections, the health and the count of active exchanges are kept.
type backendID struct {
	server  string
	port    int // as stored with the backend; 0: the listener decided
	address netip.AddrPort
	several bool // there may be others of this server and port: the address comes from a domain name
}

// name is the backend's name in schedulers, cookies and metrics: without the
// address, so that the clients of a server that moved stay with it. Only where one
// domain name makes several backends is the address part of the name, so that each
// of them keeps its clients, however many others come and go.
func (b backendID) name() string {
	name := b.server
	if b.port != 0 {
		name = fmt.Sprintf("%s:%d", name, b.port)
	}
	if b.several {
		name += "@" + b.address.Addr().String()
	}
	return name
}

// EntryOf returns the part of a backend's name that identifies its entry in the pool, and
// whether other backends may have the same entry: those of its domain name.
func EntryOf(name string) (entry string, several bool) {
	i := strings.LastIndexByte(name, '@')
	if i < 0 {
		return name, false
	}
	if _, err := netip.ParseAddr(name[i+1:]); err != nil {
		return name, false
	}
	return name[:i], true
}

// A member is a backend with its weight.
type member struct {
	backendID
	weight int
}

// A refusal is a backend that gets no requests and no probes, because the
// operator does not allow its address.
type refusal struct {
	backendID
	why string
}

// forwards reports whether requests go to backends.
func (s *spec) forwards() bool { return s.redirect == 0 }

// sameSocket reports whether one listening socket can serve both, one after the
// other. The protocol of a listener is fixed when it is opened.
func (s *spec) sameSocket(o *spec) bool {
	return s.address == o.address && s.protocol == o.protocol && s.noHTTP3 == o.noHTTP3
}

// sameExchange reports whether requests are treated alike under both.
func (s *spec) sameExchange(o *spec) bool {
	return s.redirect == o.redirect && s.settings == o.settings && slices.Equal(s.members, o.members)
}

// serves reports whether the unit has the address.
func (s *spec) serves(at netip.Addr) bool {
	return at == s.address.Addr() || slices.Contains(s.also, at)
}

// same reports whether both specs are equal.
func (s *spec) same(o *spec) bool {
	return s.sameSocket(o) && s.sameExchange(o) && s.certificate == o.certificate && s.check == o.check && s.sessions == o.sessions &&
		slices.Equal(s.refused, o.refused) && slices.Equal(s.also, o.also)
}

// clone is a copy that shares no memory.
func (s *spec) clone() spec {
	c := *s
	c.members, c.refused, c.also = slices.Clone(s.members), slices.Clone(s.refused), slices.Clone(s.also)
	return c
}

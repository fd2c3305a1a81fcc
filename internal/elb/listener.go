package elb

import (
	"cmp"
	"net/netip"
	"strings"
	"time"
)

// Protocol is a listener's protocol, spelt as on the wire.
type Protocol string

// The protocols that the ENS API knows.
const (
	HTTPS Protocol = "https"
	HTTP  Protocol = "http"
	TCP   Protocol = "tcp"
	UDP   Protocol = "udp"
)

// The values of Listener.BackendProtocol: HTTP/1.1, or HTTP/2 by prior knowledge
// (RFC 9113, 3.3). BackendAuto is HTTP/2 for calls of gRPC and HTTP/1.1 for
// everything else.
const (
	BackendAuto  = "auto"
	BackendHTTP1 = "http1"
	BackendH2C   = "h2c"
)

// BackendProtocols lists the values of Listener.BackendProtocol.
var BackendProtocols = []string{BackendAuto, BackendHTTP1, BackendH2C}

// The values of Listener.ProxyProtocol: none, or the binary header of version 2.
const (
	ProxyOff = "off"
	ProxyV2  = "v2"
)

// ProxyProtocols lists the values of Listener.ProxyProtocol.
var ProxyProtocols = []string{ProxyOff, ProxyV2}

// The scheduling algorithms (specification, row Scheduler).
const (
	WRR  = "wrr"
	WLC  = "wlc"
	RR   = "rr"
	SCH  = "sch"
	QCH  = "qch"
	IQCH = "iqch"
)

// Schedulers lists the algorithms in the order of the specification.
var Schedulers = []string{WRR, WLC, RR, SCH, QCH, IQCH}

// A Listener is the configuration of one (load balancer, port) pair. Values are
// stored as the client sent them, including values whose condition does not hold
// at present (decisions, CreateLoadBalancerHTTPSListener 4).
type Listener struct {
	LoadBalancerID string
	Port           int // 1 to 65535
	Protocol       Protocol
	Description    string // "" or 1 to 80 characters
	BackendPort    int    // 0: ListenerPort (decisions, CreateLoadBalancerHTTPSListener 8)

	// BackendProtocol is the protocol spoken to the backends; "" is BackendAuto.
	BackendProtocol string

	// Forward of an HTTPS listener makes it answer plain HTTP on ForwardPort with a
	// redirect to itself. Forward of an HTTP listener makes it answer every request
	// with a redirect to the HTTPS listener on ForwardPort.
	Forward     bool
	ForwardPort int // 0 to 65535

	// ForwardedFor of an HTTP listener adds the client to X-Forwarded-For. HTTPS
	// listeners always do.
	ForwardedFor bool `json:",omitzero"`

	Scheduler string
	Seed      []byte // 32 random bytes generated at creation: the hash table and the cookies depend on them
	Sticky    Sticky
	Check     HealthCheck

	// IdleTimeout is how long a client connection may wait for its next
	// request. 1s to 60s, default 15s.
	IdleTimeout time.Duration

	// RequestTimeout is how long the backend may take from the last byte of the
	// request to the response head. 1s to 180s, default 60s; then 504.
	RequestTimeout time.Duration

	// EstablishedTimeout is how long a TCP connection or a UDP session may be
	// idle in both directions before it is ended. 10s to 900s, default 900s.
	EstablishedTimeout time.Duration `json:",omitzero"`

	// PersistenceTimeout is how long after the start of its last TCP connection a
	// client address is sent to the same backend. 0s to 3600s; 0: each connection
	// is scheduled independently.
	PersistenceTimeout time.Duration `json:",omitzero"`

	// EipTransmit is stored and reported; it has no effect.
	EipTransmit bool `json:",omitzero"`

	// ProxyProtocol is the version of the PROXY protocol header sent to backends
	// of a TCP listener; "" is ProxyOff.
	ProxyProtocol string `json:",omitzero"`

	// CertificateID is a decimal CertId of the certificate service, or several
	// separated by commas, as CertificateIDs splits them.
	CertificateID string

	Started    bool // desired state: StartLoadBalancerListener was called
	CreateTime time.Time
}

// CertificateIDs lists the certificates in a listener's CertificateID: none if it
// is empty. The specification allows one.
func CertificateIDs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// Sticky says how requests of one client are kept on one backend.
type Sticky struct {
	On            bool
	Type          string        // "", insert or server
	CookieTimeout time.Duration // 1s to 86400s; needed by insert
	Cookie        string        // name of the backend's cookie; needed by server

	// SameSite is the attribute of that name of the cookie that insert sets; ""
	// is SameSiteAbsent.
	SameSite string
}

// The values of Sticky.SameSite.
const (
	SameSiteAbsent = "absent"
	SameSiteNone   = "none"
	SameSiteLax    = "lax"
	SameSiteStrict = "strict"
)

// SameSites lists the values of Sticky.SameSite.
var SameSites = []string{SameSiteAbsent, SameSiteNone, SameSiteLax, SameSiteStrict}

// The values of Sticky.Type (specification, row StickySessionType).
const (
	StickyInsert = "insert"
	StickyServer = "server"
)

// BackendAddr returns the address for requests to a backend: its own port if it was added
// with one, else BackendPort, else the listener's own port (decisions,
// CreateLoadBalancerHTTPSListener 8).
func (l *Listener) BackendAddr(b Backend) netip.AddrPort {
	return netip.AddrPortFrom(b.IP, uint16(cmp.Or(b.Port, l.BackendPort, l.Port)))
}

// ProbeAddr returns the address for health checks of a backend: HealthCheckConnectPort if
// given, else the port for requests.
func (l *Listener) ProbeAddr(b Backend) netip.AddrPort {
	addr := l.BackendAddr(b)
	return netip.AddrPortFrom(addr.Addr(), uint16(cmp.Or(l.Check.ConnectPort, int(addr.Port()))))
}

package node

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"elbow/internal/console"
	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/gateway"
	"elbow/internal/history"
	"elbow/internal/lockout"
	"elbow/internal/logs"
	"elbow/internal/proxy"
	"elbow/internal/ram"
	"elbow/internal/reconcile"
	"elbow/internal/store"
)

// The values of -console.
const (
	ConsoleAuto = "auto"
	ConsoleOn   = "on"
	ConsoleOff  = Off
)

// loopback reports whether the API can be reached from this machine only.
func (c *Config) loopback() bool {
	host, _, err := net.SplitHostPort(c.API)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// hasConsole reports whether the console is served on the API's port.
func (c *Config) hasConsole() bool {
	return c.Console == ConsoleOn || c.Console == ConsoleAuto && c.loopback()
}

// consoleParts are the parts of a node whose functions are passed to the console.
type consoleParts struct {
	lockout *lockout.Lockout
	calls   *gateway.Gateway
	people  people
	mirror  *store.Mirror
	history *history.Store // nil: none
	traffic *proxy.Proxy
	loop    *reconcile.Loop

	sessions, charts []byte // of the previous process; nil: none
}

// newConsole creates the console of this node.
func newConsole(c Config, p consoleParts, log *slog.Logger) (*console.Console, error) {
	audit := c.auditPath()
	if audit == Off || audit == "-" {
		audit = ""
	}
	var past func(context.Context, string, time.Time) ([]console.Point, error)
	if p.history != nil {
		past = func(_ context.Context, lb string, from time.Time) ([]console.Point, error) {
			return chart(p.history, lb, from)
		}
	}
	return console.New(console.Config{
		Key: p.people.byKey, User: p.people.byPassword, Again: p.people.again, Recognized: trust, PoliciesOf: p.people.policiesOf,
		Call: func(ctx context.Context, who console.Caller, version, action string, params map[string]string) console.Answer {
			return console.Answer(p.calls.Call(ctx, gateway.Caller{
				Credential: gateway.Credential{Identity: who.Identity, Active: true, Policies: who.Policies},
				Source:     who.Source, Secure: who.Secure, Host: who.Host,
			}, version, action, params))
		},
		State: func() console.State {
			d := p.mirror.Desired()
			return console.State{
				LoadBalancers: d.LoadBalancers, Listeners: d.Listeners, Revisions: d.ListenerRevisions, Statuses: p.loop.Statuses(),
			}
		},
		Traffic: func() console.Traffic { return trafficOf(p.traffic) }, History: past,
		Early:   func() []console.EarlyCertificate { return earlyCertificates(p.mirror.Desired()) },
		Lockout: p.lockout, Sessions: p.sessions, Charts: p.charts, AuditLog: audit, Loopback: c.loopback(), Version: c.Version, Log: logs.Sparing(log),
	})
}

// trafficOf reads the counters of the data plane.
func trafficOf(p *proxy.Proxy) (t console.Traffic) {
	p.EachListener(func(lb, port string, s proxy.Snapshot) {
		t.Listeners = append(t.Listeners, console.ListenerCounts{
			LoadBalancerID: lb, Port: port, ByClass: s.ByClass, BytesIn: s.BytesIn, BytesOut: s.BytesOut, Open: s.Open, Total: s.Total,
		})
	})
	named := make(map[console.BackendCounts]int) // index in t.Backends of each entry with a domain name
	p.EachBackend(func(lb, port string, s proxy.BackendSnapshot) {
		id, several := reconcile.EntryOf(s.ID)
		b := console.BackendCounts{LoadBalancerID: lb, Port: port, ID: id}
		at, there := named[b]
		if !there {
			at = len(t.Backends)
			t.Backends = append(t.Backends, b)
			if several {
				named[b] = at
			}
		}
		t.Backends[at].Active += s.Active
		for _, n := range s.ByClass {
			t.Backends[at].Answers += n
		}
	})
	return t
}

// withConsole serves the console under its path and the API everywhere else. A browser
// that requests the address of the API is redirected to the console. With secure, the
// console is not served over plain HTTP, because people type passwords into it.
func withConsole(api http.Handler, pages *console.Console, secure bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		atConsole := strings.HasPrefix(r.URL.Path, console.Path) || r.URL.Path+"/" == console.Path
		switch {
		case secure && r.TLS == nil && (atConsole || browses(r)):
			http.Redirect(w, r, "https://"+r.Host+console.Path, http.StatusFound)
		case atConsole:
			pages.ServeHTTP(w, r)
		case browses(r):
			http.Redirect(w, r, console.Path, http.StatusFound)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// browses reports whether a request for the address of the API comes from a browser. A
// call has an Action, in its query or in a header field.
func browses(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" && r.URL.RawQuery == "" &&
		r.Header.Get("X-Acs-Action") == "" && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// people looks up in the store who may sign in.
type people struct {
	store   *store.Store
	service *control.Service
}

// byKey finds the owner of an access key.
func (p people) byKey(ctx context.Context, id, secret string) (console.Person, error) {
	found, ok, err := p.store.Credential(ctx, id)
	if err != nil {
		return console.Person{}, err
	}
	same := subtle.ConstantTimeCompare([]byte(found.Key.Secret), []byte(secret)) == 1
	if !ok || !same || !found.Key.Active {
		return console.Person{}, console.ErrSignIn
	}
	return ofKey(found)
}

func ofKey(found store.Credential) (console.Person, error) {
	c, err := credential(found)
	return console.Person{Identity: c.Identity, Policies: c.Policies, Stamp: stamp(found.Key.Secret)}, err
}

// byPassword finds a user by name and password.
func (p people) byPassword(ctx context.Context, name, password string) (console.Person, error) {
	found, ok, err := p.service.SignIn(ctx, name, password)
	switch {
	case err != nil:
		return console.Person{}, err
	case !ok:
		return console.Person{}, console.ErrSignIn
	case found.Profile.MFABindRequired:
		return console.Person{}, console.ErrSecondFactor
	}
	return ofLogin(found)
}

func ofLogin(found store.Login) (console.Person, error) {
	policies, err := parsed(found.Policies)
	return console.Person{
		Identity:  ram.Identity{AccountID: found.Account.ID, UserID: found.User.ID, UserName: found.User.Name},
		Policies:  policies,
		Stamp:     stamp(found.User.ID + found.Profile.PasswordHash),
		MustReset: found.Profile.PasswordResetRequired,
	}, err
}

// again reads a signed-in person from the store again. It returns false if the key or
// password of the session is no longer valid.
func (p people) again(ctx context.Context, was console.Person) (now console.Person, ok bool, err error) {
	if was.Identity.AccessKeyID != "" {
		found, there, err := p.store.Credential(ctx, was.Identity.AccessKeyID)
		if err != nil || !there || !found.Key.Active {
			return now, false, err
		}
		now, err = ofKey(found)
		return now, now.Stamp == was.Stamp, err
	}
	found, there, err := p.store.Login(ctx, was.Identity.UserName)
	if err != nil || !there || found.Profile.MFABindRequired {
		return now, false, err
	}
	now, err = ofLogin(found)
	return now, now.Stamp == was.Stamp, err
}

// policiesOf returns the policies of a user, sorted by name.
func (p people) policiesOf(ctx context.Context, userName string) (all []console.NamedPolicy, err error) {
	stored, err := p.store.PoliciesOf(ctx, userName)
	if err != nil {
		return nil, err
	}
	policies, err := parsed(stored)
	for i, one := range policies {
		all = append(all, console.NamedPolicy{Name: stored[i].Name, Type: stored[i].Type, Policy: one})
	}
	return all, err
}

// stamp returns a digest that changes with the secret and does not reveal it.
func stamp(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// parsed parses stored policies. Each was validated before it was stored.
func parsed(stored []elb.Policy) (all []*ram.Policy, err error) {
	for _, p := range stored {
		one, err := ram.Parse(p.Document)
		if err != nil {
			return nil, fmt.Errorf("stored policy %s: %w", p.Name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// earlyCertificates returns the certificates that listeners use and that are not valid
// yet.
func earlyCertificates(d store.Desired) (all []console.EarlyCertificate) {
	for _, one := range invalidAt(d, time.Now()) {
		if !one.expired {
			all = append(all, console.EarlyCertificate{ID: one.ID, Name: one.Name, From: one.NotBefore})
		}
	}
	return all
}

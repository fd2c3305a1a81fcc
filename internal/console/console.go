// Package console is the web console: pages for what the API can do, for people
// who are signed in. It knows neither the store nor the data plane; it makes
// calls of the API as whoever is signed in, through the same stages as a signed
// one, and is handed functions for the rest. Start reading at Console.routes,
// then visit.go.
package console

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"elbow/internal/elb"
	"elbow/internal/lockout"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A Person is who signed in, and what they may do.
type Person struct {
	Identity ram.Identity
	Policies []*ram.Policy // without meaning for root

	// Stamp changes when what was signed in with is no longer the same: the secret
	// of the key, the password.
	Stamp string

	MustReset bool // another password has to be chosen before anything else
}

// A Caller is a person at the other end of a connection.
type Caller struct {
	Person
	Source netip.Addr
	Secure bool   // over TLS
	Host   string // as the client addressed the server
}

// An Answer is how a call of the API ended.
type Answer struct {
	RequestID string
	Out       any        // of the operation; nil if it failed
	Err       *rpc.Error // nil if it did not
}

// A State is what is desired and what runs, as far as overviews need it. It is
// shared and not to be changed.
type State struct {
	LoadBalancers []elb.LoadBalancer
	Listeners     []elb.Listener
	Revisions     map[elb.ListenerKey]int64 // of the last change of each listener
	Statuses      []elb.ListenerStatus      // of this node
}

// An EarlyCertificate is one that a listener has before it is valid.
type EarlyCertificate struct {
	ID   int64
	Name string
	From time.Time
}

// A NamedPolicy is a policy of a user.
type NamedPolicy struct {
	Name, Type string
	Policy     *ram.Policy
}

// Config is what a Console works with.
type Config struct {
	// Key and User find who signs in, with an access key or as a user with a
	// password. The error is a Refusal if there is no such person.
	Key  func(ctx context.Context, id, secret string) (Person, error)
	User func(ctx context.Context, name, password string) (Person, error)

	// Again is the person as the store has them now; false if what they signed in
	// with is good no more.
	Again func(ctx context.Context, p Person) (Person, bool, error)

	// Recognized is called with the context of a request of somebody who is signed
	// in; nil: nobody wants to know.
	Recognized func(ctx context.Context)

	// Call makes a call of the API.
	Call func(ctx context.Context, who Caller, version, action string, params map[string]string) Answer

	// PoliciesOf reads the policies of a user for the tester.
	PoliciesOf func(ctx context.Context, userName string) ([]NamedPolicy, error)

	State   func() State
	Early   func() []EarlyCertificate // nil: there are none
	Traffic func() Traffic

	// History has the samples of a load balancer, or of all for "", from a moment
	// until now. Nil: the charts show the last 15 minutes alone.
	History func(ctx context.Context, loadBalancerID string, from time.Time) ([]Point, error)

	Lockout  *lockout.Lockout // of who guesses; nil: one of its own
	Sessions []byte           // of the process before, as Console.Sessions gave them; nil: none
	Charts   []byte           // of the process before, as Console.Charts gave them; nil: none
	AuditLog string           // the file; "": there is none to be read
	Loopback bool             // the API listens on loopback: only its names are taken as Host
	Version  string           // of the program
	Log      *slog.Logger     // nil: slog.Default()
	Now      func() time.Time // nil: time.Now
}

// A Console serves everything under Path.
type Console struct {
	Config
	mux          *http.ServeMux
	pages        pages
	sessions     *sessions
	forms        *anonymous
	signing      chan struct{} // holds a token for each password that is being checked
	signingAgain chan struct{} // the same for those who have signed in from where they are before
	live         *live
	document     func() (before, after []byte, err error) // of the API; the server's address goes between

	end  context.CancelFunc
	done sync.WaitGroup // the goroutine of live
}

// Path is where the console is.
const Path = "/console/"

// New returns a console that watches the traffic until Close.
func New(c Config) (*Console, error) {
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Recognized == nil {
		c.Recognized = func(context.Context) {}
	}
	if c.Lockout == nil {
		c.Lockout = lockout.New(c.Now)
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	k := &Console{
		Config: c, mux: http.NewServeMux(), pages: pages, sessions: newSessions(c.Now),
		forms: newAnonymous(), signing: make(chan struct{}, maxSigning), signingAgain: make(chan struct{}, maxSigning), live: newLive(c.State, c.Traffic, c.Now), document: documentParts(c.Version),
	}
	if c.Sessions != nil {
		if err := k.sessions.restore(c.Sessions); err != nil {
			c.Log.Warn("who was signed in signs in again", "err", err)
		}
	}
	if c.Charts != nil {
		if err := k.live.restore(c.Charts); err != nil {
			c.Log.Warn("charts begin anew", "err", err)
		}
	}
	k.routes()
	ctx, end := context.WithCancel(context.Background())
	k.end = end
	k.done.Go(func() { k.live.run(ctx) }) // ends with Close, which waits
	return k, nil
}

// EndStreams ends what a browser would listen to for ever. It is for the end of
// a server, which waits for its requests.
func (c *Console) EndStreams() { c.live.close() }

// BeginStreams lets streams begin again: the server goes on after all.
func (c *Console) BeginStreams() { c.live.reopen() }

// Close ends what runs in the background.
func (c *Console) Close() {
	c.live.close()
	c.end()
	c.done.Wait()
}

// routes has every page. What changes something is a POST, and carries the token
// of its form.
func (c *Console) routes() {
	c.mux.HandleFunc("GET "+Path+"static/{version}/{file...}", serveStatic)
	c.open("GET signin", in(accountPages.signInPage))
	c.open("POST signin", in(accountPages.signIn))
	c.open("POST theme", in(accountPages.chooseTheme))
	c.page("POST signout", in(accountPages.signOut))
	c.page("GET password", in(accountPages.passwordPage))
	c.page("POST password", in(accountPages.changePassword))
	c.explorerRoutes()

	c.page("GET {$}", in(overviewPages.overview))
	c.stream("GET live/overview", topicIn(overviewPages.watchOverview))
	c.page("GET series", in(overviewPages.series))

	c.balancerRoutes()
	c.listenerRoutes()
	c.peopleRoutes()

	c.page("GET certificates", in(certificatePages.certificates))
	c.page("POST certificates", in(certificatePages.uploadCertificate))
	c.page("GET certificates/{id}", in(certificatePages.certificate))
	c.page("GET certificates/{id}/delete", in(certificatePages.deleteCertificatePage))
	c.page("POST certificates/{id}/delete", in(certificatePages.deleteCertificate))
	c.page("GET audit", in(auditPages.audit))
	c.page("GET {rest...}", func(*visit) error { return errNotFound })
}

func (c *Console) balancerRoutes() {
	c.page("GET load-balancers", in(balancerPages.balancers))
	c.page("GET load-balancers/new", in(balancerPages.newBalancerPage))
	c.page("POST load-balancers", in(balancerPages.createBalancer))
	c.page("GET load-balancers/{lb}", in(balancerPages.balancer))
	c.stream("GET live/load-balancers/{lb}", topicIn(balancerPages.watchBalancer))
	c.page("POST load-balancers/{lb}/backends", in(backendPages.addBackend))
	c.page("POST load-balancers/{lb}/backends/weight", in(backendPages.changeWeight))
	c.page("GET load-balancers/{lb}/backends/remove", in(backendPages.removeBackendPage))
	c.page("POST load-balancers/{lb}/backends/remove", in(backendPages.removeBackend))
	c.page("GET load-balancers/{lb}/backends/drain", in(stopPages.drainLastPage))
	c.page("GET load-balancers/{lb}/status", in(stopPages.deactivatePage))
	c.page("POST load-balancers/{lb}/status", in(balancerPages.setStatus))
	c.page("POST load-balancers/{lb}/name", in(balancerPages.rename))
	c.page("GET load-balancers/{lb}/release", in(balancerPages.releasePage))
	c.page("POST load-balancers/{lb}/release", in(balancerPages.release))
}

func (c *Console) listenerRoutes() {
	const listeners, one = " load-balancers/{lb}/listeners/{protocol}", " load-balancers/{lb}/listeners/{protocol}/{port}"
	c.page("GET"+listeners+"/new", in(listenerPages.newListenerPage))
	c.page("POST"+listeners, in(listenerPages.createListener))
	c.page("GET"+one, in(listenerPages.listener))
	c.page("POST"+one, in(listenerPages.changeListener))
	c.page("POST"+one+"/start", in(listenerPages.startListener))
	c.page("GET"+one+"/stop", in(stopPages.stopListenerPage))
	c.page("POST"+one+"/stop", in(listenerPages.stopListener))
	c.page("GET"+one+"/delete", in(listenerPages.deleteListenerPage))
	c.page("POST"+one+"/delete", in(listenerPages.deleteListener))
}

func (c *Console) peopleRoutes() {
	c.page("GET users", in(userPages.users))
	c.page("POST users", in(userPages.createUser))
	c.page("GET users/{user}", in(userPages.user))
	c.page("GET users/{user}/delete", in(userPages.deleteUserPage))
	c.page("POST users/{user}/delete", in(userPages.deleteUser))
	c.page("POST users/{user}/keys", in(userPages.createKey))
	c.page("GET users/{user}/keys/status", in(stopPages.switchKeyOffPage))
	c.page("POST users/{user}/keys/status", in(userPages.switchKey))
	c.page("GET users/{user}/keys/delete", in(userPages.deleteKeyPage))
	c.page("POST users/{user}/keys/delete", in(userPages.deleteKey))
	c.page("POST users/{user}/policies", in(userPages.attachPolicy))
	c.page("GET users/{user}/policies/detach", in(stopPages.detachPage))
	c.page("POST users/{user}/policies/detach", in(userPages.detachPolicy))
	c.page("POST users/{user}/login", in(userPages.setLogin))
	c.page("GET users/{user}/login/delete", in(stopPages.deleteLoginPage))
	c.page("POST users/{user}/login/delete", in(userPages.deleteLogin))

	c.page("GET policies", in(policyPages.policies))
	c.page("GET policies/new", in(policyPages.newPolicyPage))
	c.page("POST policies", in(policyPages.createPolicy))
	c.page("POST policies/check", in(policyPages.checkPolicy))
	c.page("GET policies/tester", in(policyPages.tester))
	c.page("GET policies/{type}/{name}", in(policyPages.policy))
	c.page("GET policies/{type}/{name}/delete", in(policyPages.deletePolicyPage))
	c.page("POST policies/{type}/{name}/delete", in(policyPages.deletePolicy))
}

// limits.
const (
	// maxSigning bounds the passwords that are checked at once, twice: who has signed in
	// from where they are before has places of their own, which strangers cannot take.
	// Each costs some 50 ms of one core, and they wait for each other.
	maxSigning = 8

	// maxFormBytes bounds a form. The largest has a certificate chain and a key of
	// 64 KiB characters each, which may be escaped to three bytes.
	maxFormBytes = 1 << 20

	// maxStrangerFormBytes bounds the form of a visitor who is not signed in: a
	// name, a secret and the page to return to.
	maxStrangerFormBytes = 16 << 10

	// maxTargetBytes bounds the address of a page, query included. The longest is a
	// sign-in page with the address of another page to return to.
	maxTargetBytes = 8 << 10
)

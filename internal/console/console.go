// Package console is the web console: pages for the operations of the API, for people who
// have signed in. It imports neither the store nor the data plane: it makes calls of the
// API as the signed-in person, through the same stages as a signed call, and gets
// functions for everything else. Start reading at Console.routes, then visit.go.
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

// A Person is a signed-in identity with its permissions.
type Person struct {
	Identity ram.Identity
	Policies []*ram.Policy // ignored for root

	// Stamp changes when the secret of the key, or the password, that was used to sign in
	// changes.
	Stamp string

	MustReset bool // the password has to be changed before anything else
}

// A Caller is a person and the connection of their request.
type Caller struct {
	Person
	Source netip.Addr
	Secure bool   // over TLS
	Host   string // as the client addressed the server
}

// An Answer is the result of a call of the API.
type Answer struct {
	RequestID string
	Out       any        // of the operation; nil if it failed
	Err       *rpc.Error // nil if it did not
}

// A State holds the desired state and the statuses, as far as overviews need them. It is
// shared and must not be changed.
type State struct {
	LoadBalancers []elb.LoadBalancer
	Listeners     []elb.Listener
	Revisions     map[elb.ListenerKey]int64 // of the last change of each listener
	Statuses      []elb.ListenerStatus      // of this node
}

// An EarlyCertificate is a certificate that a listener uses before it is valid.
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

// Config holds what a Console depends on.
type Config struct {
	// Key and User authenticate a sign-in, with an access key or with the password of a
	// user. The error is ErrSignIn if there is no such person.
	Key  func(ctx context.Context, id, secret string) (Person, error)
	User func(ctx context.Context, name, password string) (Person, error)

	// Again reads the person from the store again. It returns false if the key or password
	// that they signed in with is no longer valid.
	Again func(ctx context.Context, p Person) (Person, bool, error)

	// Recognized is called with the context of each request that has a valid session; it
	// may be nil.
	Recognized func(ctx context.Context)

	// Call makes a call of the API.
	Call func(ctx context.Context, who Caller, version, action string, params map[string]string) Answer

	// PoliciesOf reads the policies of a user for the policy tester.
	PoliciesOf func(ctx context.Context, userName string) ([]NamedPolicy, error)

	State   func() State
	Early   func() []EarlyCertificate // nil: there are none
	Traffic func() Traffic

	// History returns the samples of a load balancer, or of all of them for "", from a
	// moment until now. Nil: the charts show only the last 15 minutes.
	History func(ctx context.Context, loadBalancerID string, from time.Time) ([]Point, error)

	Lockout  *lockout.Lockout // of failed sign-ins; nil: a new one
	Sessions []byte           // of the previous process, from Console.Sessions; nil: none
	Charts   []byte           // of the previous process, from Console.Charts; nil: none
	AuditLog string           // the file; "": there is none that can be read
	Loopback bool             // the API listens on loopback: only names of loopback are accepted as Host
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
	signing      chan struct{} // holds a token for each sign-in with a password that is being checked
	signingAgain chan struct{} // the same for sign-ins of users from networks that they have signed in from before
	live         *live
	document     func() (before, after []byte, err error) // of the API; the address of the server goes between the two

	end  context.CancelFunc
	done sync.WaitGroup // the goroutine of live
}

// Path is the path of the console.
const Path = "/console/"

// New returns a console that samples the traffic until Close.
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
			c.Log.Warn("sessions not restored, users have to sign in again", "err", err)
		}
	}
	if c.Charts != nil {
		if err := k.live.restore(c.Charts); err != nil {
			c.Log.Warn("charts not restored, they begin now", "err", err)
		}
	}
	k.routes()
	ctx, end := context.WithCancel(context.Background())
	k.end = end
	k.done.Go(func() { k.live.run(ctx) }) // ends with Close, which waits
	return k, nil
}

// EndStreams ends all event streams and refuses new ones, so that a server that waits for
// its requests can end.
func (c *Console) EndStreams() { c.live.close() }

// BeginStreams accepts streams again, when the server goes on after all.
func (c *Console) BeginStreams() { c.live.reopen() }

// Close ends the background goroutine.
func (c *Console) Close() {
	c.live.close()
	c.end()
	c.done.Wait()
}

// routes registers every page. A page that changes something is a POST with the token of
// its form.
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
	c.networkRoutes()
	c.eipRoutes()
	c.instanceRoutes()
	c.peopleRoutes()
	c.groupRoutes()
	c.roleRoutes()

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
	tagRoutes(c, "load-balancers/{lb}", balancerPages.tagged, balancerPages.showRefusedTag)
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

const (
	// maxSigning bounds the sign-ins with a password that are checked at once, in two
	// separate sets: a user has slots of the second set in networks that the user has
	// signed in from before (lockout.Familiar), which other sign-ins cannot occupy. A
	// sign-in that finds no slot is refused. A check takes some 50 ms of one core; package
	// control makes one at a time, with breaks.
	maxSigning = 8

	// maxFormBytes bounds a form. The largest has a certificate chain and a key of 64 KiB
	// characters each, which may be escaped to three bytes each.
	maxFormBytes = 1 << 20

	// maxSignInFormBytes bounds the form of a visitor who is not signed in: a name, a
	// secret and the page to return to.
	maxSignInFormBytes = 16 << 10

	// maxTargetBytes bounds the URL of a page, query included. The longest is that of the
	// sign-in page with the URL of another page to return to.
	maxTargetBytes = 8 << 10
)

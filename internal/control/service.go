// Package control implements the operations of the API: it checks a call against
// the stored state and writes the desired state, one transaction per call. It
// never touches what runs; nodes follow the store. Calls are authenticated,
// authorized and bound before. Start reading at Service.Handlers.
package control

import (
	"context"
	"net/netip"
	"time"

	"elbow/internal/elb"
	"elbow/internal/history"
	"elbow/internal/lockout"
	"elbow/internal/store"
)

// Config configures a Service.
type Config struct {
	Store   *store.Store
	History *history.Store   // nil: no history
	Now     func() time.Time // nil: time.Now
	Reach   *elb.Reach       // allowed addresses of backends; nil: the zero Reach
	EIPs    elb.EIPPool      // ranges of EIPs; nil: there are none
	Lookup  Lookup           // of domain names of servers; nil: none resolves

	// Known returns the addresses that are in use for a domain name, without a
	// lookup. Nil: none are known.
	Known func(name string) []netip.Addr

	// Lockout is consulted before a password is compared; nil: a new one.
	Lockout *lockout.Lockout
}

// A Service has the operations, those of each subject in a type with what they need.
// An operation is a method of the same name. Its error is an *api.Error, or else the
// store's: then nothing was changed and the cause is only logged.
type Service struct {
	shared

	balancers    balancerAPI
	listeners    listenerAPI
	backends     backendAPI
	instances    instanceAPI
	monitor      monitorAPI
	networks     networkAPI
	tags         tagAPI
	eips         eipAPI
	certificates certificateAPI

	users       userAPI
	logins      loginAPI
	policies    policyAPI
	attachments attachmentAPI
	groups      groupAPI
	roles       roleAPI
}

// shared has the dependencies of all operations. The type of each subject embeds it.
type shared struct {
	store *store.Store
	now   func() time.Time
}

// New returns a Service.
func New(c Config) *Service {
	shared := shared{store: c.Store, now: c.Now}
	if shared.now == nil {
		shared.now = time.Now
	}
	if c.Lockout == nil {
		c.Lockout = lockout.New(shared.now)
	}
	return &Service{
		shared:       shared,
		balancers:    balancerAPI{shared},
		listeners:    listenerAPI{shared, c.Reach},
		backends:     backendAPI{shared, c.Reach, c.Lookup},
		instances:    instanceAPI{shared, c.Reach, c.Known},
		monitor:      monitorAPI{shared, c.History},
		networks:     networkAPI{shared, c.EIPs},
		tags:         tagAPI{shared},
		eips:         eipAPI{shared, c.EIPs},
		certificates: certificateAPI{shared},
		users:        userAPI{shared},
		logins:       loginAPI{shared, c.Lockout, newHasher(), newHasher()},
		policies:     policyAPI{shared},
		attachments:  attachmentAPI{shared},
		groups:       groupAPI{shared},
		roles:        roleAPI{shared},
	}
}

// SignIn returns the login of a user name and a password. An unknown name takes
// as long as a wrong password.
func (s *Service) SignIn(ctx context.Context, userName, password string) (store.Login, bool, error) {
	return s.logins.signIn(ctx, userName, password)
}

// HurryPasswords makes passwords be hashed with shorter breaks from now on, or
// with the usual ones again. It is for the time in which a takeover or a restore
// waits for the calls in flight.
func (s *Service) HurryPasswords(hurry bool) { s.logins.hurry(hurry) }

// UnusedEIPs returns an error for each range of the pool that is not used because
// it overlaps a vSwitch.
func (s *Service) UnusedEIPs(ctx context.Context) ([]error, error) { return s.eips.unused(ctx) }

package control

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// The names of what the first start creates (decisions, Other operations 7).
const (
	defaultNetwork = "n-default"
	defaultVSwitch = "vsw-default"
)

// BootstrapConfig configures what the first start creates.
type BootstrapConfig struct {
	AccessKeyID string // of the account itself; "": no key is written
	Secret      string
	Region      string       // local
	VSwitch     netip.Prefix // 127.8.0.0/16
}

// Bootstrapped reports whether the first start has happened.
func (s *Service) Bootstrapped(ctx context.Context) (done bool, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		_, done = r.Account()
		return nil
	})
	return done, err
}

// Bootstrap creates the account, its region, network and vSwitch, unless they
// exist. The access key, if one is given, is written at every start: so an
// operator can get back in after deleting the last one.
func (s *Service) Bootstrap(ctx context.Context, c BootstrapConfig) error {
	now := s.now()
	return s.store.Update(ctx, func(tx *store.Tx) error {
		if _, done := tx.Account(); !done {
			firstObjects(tx, c, now)
		}
		if c.AccessKeyID == "" {
			return nil
		}
		k, found := store.AccessKeys.Get(tx, c.AccessKeyID)
		if found && k.UserName != "" {
			return fmt.Errorf("access key %s is that of the user %s and cannot be the account's", k.ID, k.UserName)
		}
		if found && k.Active && k.Secret == c.Secret {
			return nil
		}
		store.AccessKeys.Put(tx, elb.AccessKey{ID: c.AccessKeyID, Secret: c.Secret, Active: true, CreateDate: now})
		return nil
	})
}

func firstObjects(tx *store.Tx, c BootstrapConfig, now time.Time) {
	tx.PutAccount(elb.Account{ID: elb.NewAccountID(), CreateTime: now})
	store.Regions.Put(tx, elb.Region{ID: c.Region, Name: c.Region, EnName: c.Region, Area: c.Region, Province: c.Region})
	store.Networks.Put(tx, elb.Network{
		ID: defaultNetwork, RegionID: c.Region, Name: "default",
		Description: "The network of the first start.", CIDR: c.VSwitch.Masked(), CreateTime: now,
	})
	store.VSwitches.Put(tx, elb.VSwitch{
		ID: defaultVSwitch, NetworkID: defaultNetwork, RegionID: c.Region, Name: "default",
		Description: "The vSwitch of the first start.", CIDR: c.VSwitch.Masked(), CreateTime: now,
	})
}

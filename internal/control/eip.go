package control

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// eipAPI has the operations of EIPs.
type eipAPI struct {
	shared
	pool elb.EIPPool
}

// CreateEipInstance takes an EIP from the pool, only once per ClientToken.
func (s *eipAPI) CreateEipInstance(ctx context.Context, in *api.CreateEipInstanceInput) (out api.CreateEipInstanceOutput, err error) {
	e := elb.EIP{
		ID: elb.NewEIPID(), RegionID: in.RegionID, Name: in.Name, Description: in.Description,
		Bandwidth: in.Bandwidth, ISP: in.ISP, ChargeType: in.InstanceChargeType, InternetChargeType: in.InternetChargeType,
		CreateTime: s.now(), Tags: in.Tags,
	}
	params := *in
	params.ClientToken = ""
	once, err := onceOf("CreateEipInstance", in.ClientToken, params)
	if err != nil {
		return out, err
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		created, done, err := once.done(tx, e.ID)
		if done {
			e.ID = created
		}
		if done || err != nil {
			return err
		}
		if _, found := store.Regions.Get(tx, e.RegionID); !found {
			return api.ErrRegionNotFound.New()
		}
		if e.Address, err = s.freeEIP(tx, in.Address); err != nil {
			return err
		}
		store.EIPs.Create(tx, e)
		return nil
	})
	return api.CreateEipInstanceOutput{AllocationID: e.ID}, err
}

// freeEIP returns the address of a new EIP: the wanted one, if given. Addresses
// of vSwitches are not assigned: a pool that was configured later may overlap
// them.
func (s *eipAPI) freeEIP(tx *store.Tx, want netip.Addr) (netip.Addr, error) {
	var besides []netip.Prefix
	for _, v := range store.VSwitches.All(tx) {
		besides = append(besides, v.CIDR)
	}
	if want.IsValid() {
		cidr := s.pool.Range(want)
		refuse := func(why string) (netip.Addr, error) {
			return netip.Addr{}, api.InvalidField("IpAddress").Because("IpAddress " + why)
		}
		switch {
		case !cidr.IsValid():
			return refuse("is none that the pool gives: see -eip-pool")
		case slices.ContainsFunc(besides, cidr.Overlaps):
			return refuse("is in " + cidr.String() + " of the pool, which has addresses of a vSwitch")
		case store.EIPs.HasAddress(tx, want):
			return refuse("is that of another EIP")
		}
		return want, nil
	}
	address := s.pool.FreeAddress(besides, func(first, last netip.Addr) int { return store.EIPs.CountFrom(tx, first, last) })
	if address.IsValid() {
		return address, nil
	}
	reason := "release an EIP, or have the operator give more addresses with -eip-pool"
	switch {
	case len(s.pool) == 0:
		reason = "the node was started without -eip-pool, which says which addresses EIPs may have"
	case slices.ContainsFunc(besides, s.pool.Overlaps):
		reason += "; ranges of it that have addresses of a vSwitch are not used"
	}
	return address, api.ErrEIPPoolEmpty.New().Because(reason)
}

// AssociateEnsEipAddress associates an EIP with a load balancer. If it is
// associated already, that is no error.
func (s *eipAPI) AssociateEnsEipAddress(ctx context.Context, in *api.AssociateEnsEipAddressInput) (out api.AssociateEnsEipAddressOutput, err error) {
	if in.InstanceType != "" && in.InstanceType != api.SlbInstance {
		return out, api.InvalidField("InstanceType").Because("InstanceType must be " + api.SlbInstance + ": only load balancers have EIPs here")
	}
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		e, found := store.EIPs.Get(tx, in.AllocationID)
		if !found {
			return api.ErrEIPNotFound.New()
		}
		lb, found := store.LoadBalancers.Get(tx, in.InstanceID)
		if !found {
			return api.LoadBalancerNotFound()
		}
		switch {
		case e.LoadBalancerID == lb.ID && e.Standby == in.Standby:
			return nil
		case e.LoadBalancerID != "" && e.LoadBalancerID != lb.ID:
			return eipStatus("the EIP is associated with " + e.LoadBalancerID)
		case e.LoadBalancerID == "" && len(lb.EIPs) >= maxEIPs:
			return api.ErrTooManyEIPs.New(strconv.Itoa(maxEIPs))
		case e.LoadBalancerID == "":
			lb.EIPs = append(lb.EIPs, elb.AttachedEIP{ID: e.ID, Address: e.Address})
			store.LoadBalancers.Put(tx, lb)
		}
		e.LoadBalancerID, e.Standby = lb.ID, in.Standby
		store.EIPs.Put(tx, e)
		return nil
	})
}

func eipStatus(reason string) *api.Error {
	return api.ErrEIPStatus.New().Because(reason)
}

// UnAssociateEnsEipAddress detaches an EIP from its load balancer.
func (s *eipAPI) UnAssociateEnsEipAddress(ctx context.Context, in *api.UnAssociateEnsEipAddressInput) (out api.UnAssociateEnsEipAddressOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		e, found := store.EIPs.Get(tx, in.AllocationID)
		if !found {
			return api.ErrEIPNotFound.New()
		}
		if e.LoadBalancerID == "" {
			return eipStatus("the EIP is not associated")
		}
		if lb, found := store.LoadBalancers.Get(tx, e.LoadBalancerID); found {
			lb.EIPs = slices.DeleteFunc(lb.EIPs, func(a elb.AttachedEIP) bool { return a.ID == e.ID })
			store.LoadBalancers.Put(tx, lb)
		}
		e.LoadBalancerID, e.Standby = "", false
		store.EIPs.Put(tx, e)
		return nil
	})
}

// detachEIPs detaches the EIPs of a load balancer that is being deleted; they
// stay in the account.
func detachEIPs(tx *store.Tx, lb *elb.LoadBalancer) {
	for _, a := range lb.EIPs {
		if e, found := store.EIPs.Get(tx, a.ID); found {
			e.LoadBalancerID, e.Standby = "", false
			store.EIPs.Put(tx, e)
		}
	}
}

// ModifyEnsEipAddressAttribute changes an EIP.
func (s *eipAPI) ModifyEnsEipAddressAttribute(ctx context.Context, in *api.ModifyEnsEipAddressAttributeInput) (out api.ModifyEnsEipAddressAttributeOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		e, found := store.EIPs.Get(tx, in.AllocationID)
		if !found {
			return api.ErrEIPNotFound.New()
		}
		in.Apply("Name", &e.Name, &e.Description)
		e.Bandwidth = cmp.Or(in.Bandwidth, e.Bandwidth)
		store.EIPs.Put(tx, e)
		return nil
	})
}

// DeleteEip returns an EIP to the pool.
func (s *eipAPI) DeleteEip(ctx context.Context, in *api.DeleteEipInput) (out api.DeleteEipOutput, err error) {
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		return releaseEIP(tx, in.InstanceID, api.ErrEIPNotFound)
	})
}

func releaseEIP(tx *store.Tx, id string, notFound api.ErrorID) error {
	e, found := store.EIPs.Get(tx, id)
	if !found {
		return notFound.New()
	}
	if e.LoadBalancerID != "" {
		return eipStatus("the EIP is associated with " + e.LoadBalancerID)
	}
	store.EIPs.Delete(tx, e)
	return nil
}

// DescribeEnsEipAddresses lists the EIPs that match all filters, newest first.
func (s *eipAPI) DescribeEnsEipAddresses(ctx context.Context, in *api.DescribeEnsEipAddressesInput) (out api.DescribeEnsEipAddressesOutput, err error) {
	var all []elb.EIP
	err = s.store.View(ctx, func(r *store.Reader) error {
		if len(in.AllocationIDs) == 0 {
			all = store.EIPs.All(r)
		}
		for _, id := range in.AllocationIDs {
			if e, found := store.EIPs.Get(r, id); found && !slices.ContainsFunc(all, func(o elb.EIP) bool { return o.ID == id }) {
				all = append(all, e)
			}
		}
		return nil
	})
	all = slices.DeleteFunc(all, func(e elb.EIP) bool { return !eipMatches(eipEntry(&e), &e, in) })
	newestFirst(all, func(e *elb.EIP) (time.Time, string) { return e.CreateTime, e.ID })
	some, p := page(all, in.PageNumber, in.PageSize)
	out.Page = p
	for i := range some {
		out.EipAddresses.EipAddress = append(out.EipAddresses.EipAddress, eipEntry(&some[i]))
	}
	return out, err
}

func eipMatches(a api.EipAddress, e *elb.EIP, in *api.DescribeEnsEipAddressesInput) bool {
	return oneOf(a.InstanceID, in.InstanceID, nil) && oneOf(a.InstanceType, in.InstanceType, nil) &&
		isAddress(e.Address, in.Address) && oneOf(a.Name, in.Name, nil) && oneOf(a.EnsRegionID, in.RegionID, in.RegionIDs) &&
		oneOf(strconv.FormatBool(a.Standby), in.Standby, nil) && oneOf(a.Status, in.Status, nil) && elb.HasTags(e.Tags, in.Tags)
}

func eipEntry(e *elb.EIP) api.EipAddress {
	a := api.EipAddress{
		AllocationID: e.ID, AllocationTime: api.Timestamp(e.CreateTime), Bandwidth: e.Bandwidth, ChargeType: e.ChargeType,
		Description: e.Description, EnsRegionID: e.RegionID, IcmpReplyEnabled: true, InternetChargeType: e.InternetChargeType,
		IPAddress: e.Address.String(), Isp: e.ISP, Name: e.Name, Status: api.EIPAvailable, Tags: api.TagsOf(e.Tags),
	}
	if e.LoadBalancerID != "" {
		a.Status, a.InstanceID, a.InstanceType, a.Standby = api.EIPInUse, e.LoadBalancerID, api.SlbInstance, e.Standby
	}
	a.IPStatus = a.Status
	return a
}

// unused implements Service.UnusedEIPs.
func (s *eipAPI) unused(ctx context.Context) (why []error, err error) {
	err = s.store.View(ctx, func(r *store.Reader) error {
		vSwitches := store.VSwitches.All(r)
		for _, cidr := range s.pool {
			for _, v := range vSwitches {
				if v.CIDR.Overlaps(cidr) {
					why = append(why, fmt.Errorf("-eip-pool: %s has addresses of the vSwitch %s, %s", cidr, v.ID, v.CIDR))
				}
			}
		}
		return nil
	})
	return why, err
}

// Package elb is the resource model: load balancers, listeners, backends and
// certificates as values, their states, and the rules that hold between their
// fields. It does no I/O and knows neither the wire nor the store. Start
// reading at LoadBalancer, then Listener.
package elb

import (
	"net/netip"
	"time"
)

// A LoadBalancer is one edge load balancer instance. All its listeners share its
// backends.
type LoadBalancer struct {
	ID         string // lb-…
	Name       string
	RegionID   string
	NetworkID  string
	VSwitchID  string
	Spec       string     // elb.s1.small, …; recorded, not enforced
	PayType    string     // PostPaid
	Address    netip.Addr // from the vSwitch; the data plane binds it
	Status     LoadBalancerStatus
	CreateTime time.Time
	Backends   []Backend
	EIPs       []AttachedEIP `json:",omitempty"` // in the order in which they were associated
	Tags       []Tag         `json:",omitempty"`
}

// LoadBalancerStatus is spelt as on the wire.
type LoadBalancerStatus string

// An Active load balancer forwards; an InActive one closes its listeners and
// refuses changes to them (IncorrectInstanceStatus).
const (
	Active   LoadBalancerStatus = "Active"
	InActive LoadBalancerStatus = "InActive"
)

// Specs are the load balancer specifications that CreateLoadBalancer accepts.
var Specs = []string{"elb.s1.small", "elb.s2.small", "elb.s2.medium", "elb.s3.small", "elb.s3.medium"}

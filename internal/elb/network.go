package elb

import (
	"net/netip"
	"time"
)

// A Region is a node location that resources live in.
type Region struct {
	ID       string
	Name     string
	EnName   string
	Area     string
	Province string
}

// A Network holds vSwitches.
type Network struct {
	ID          string // n-…
	RegionID    string
	Name        string
	Description string
	CIDR        netip.Prefix
	CreateTime  time.Time
}

// A VSwitch is the range that load balancers take their addresses from.
type VSwitch struct {
	ID          string // vsw-…
	NetworkID   string
	RegionID    string
	Name        string
	Description string
	CIDR        netip.Prefix
	CreateTime  time.Time
}

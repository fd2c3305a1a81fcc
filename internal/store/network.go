package store

import "elbow/internal/elb"

var (
	regions   = kind[elb.Region]{name: "region"}
	networks  = kind[elb.Network]{name: "network"}
	vSwitches = kind[elb.VSwitch]{name: "vSwitch"}

	instances      = kind[elb.Instance]{name: "instance"}
	instanceRanges = kind[elb.InstanceRange]{name: "instance range"}
)

package store

import "elbow/internal/elb"

var (
	regions   = kind[elb.Region]{name: "region"}
	networks  = kind[elb.Network]{name: "network"}
	vSwitches = kind[elb.VSwitch]{name: "vSwitch"}
)

// Region reads one region.
func (r *Reader) Region(id string) (elb.Region, bool) {
	return read(r, regions, under(regionPrefix, id))
}

// Regions lists all regions.
func (r *Reader) Regions() []elb.Region { return list(r, regions, regionPrefix) }

// PutRegion writes a region.
func (tx *Tx) PutRegion(v elb.Region) { put(tx, regions, under(regionPrefix, v.ID), v) }

// Network reads one network.
func (r *Reader) Network(id string) (elb.Network, bool) {
	return read(r, networks, under(networkPrefix, id))
}

// Networks lists all networks.
func (r *Reader) Networks() []elb.Network { return list(r, networks, networkPrefix) }

// PutNetwork writes a network.
func (tx *Tx) PutNetwork(v elb.Network) { put(tx, networks, under(networkPrefix, v.ID), v) }

// DeleteNetwork deletes a network.
func (tx *Tx) DeleteNetwork(id string) { tx.delete(under(networkPrefix, id)) }

// VSwitch reads one vSwitch.
func (r *Reader) VSwitch(id string) (elb.VSwitch, bool) {
	return read(r, vSwitches, under(vSwitchPrefix, id))
}

// VSwitches lists all vSwitches.
func (r *Reader) VSwitches() []elb.VSwitch { return list(r, vSwitches, vSwitchPrefix) }

// PutVSwitch writes a vSwitch.
func (tx *Tx) PutVSwitch(v elb.VSwitch) { put(tx, vSwitches, under(vSwitchPrefix, v.ID), v) }

// DeleteVSwitch deletes a vSwitch.
func (tx *Tx) DeleteVSwitch(id string) { tx.delete(under(vSwitchPrefix, id)) }

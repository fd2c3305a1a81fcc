package store

import (
	"net/netip"

	"elbow/internal/elb"
)

var (
	instances      = kind[elb.Instance]{name: "instance"}
	instanceRanges = kind[elb.InstanceRange]{name: "instance range"}
)

// Instance reads one instance.
func (r *Reader) Instance(id string) (elb.Instance, bool) {
	return read(r, instances, under(instancePrefix, id))
}

// Instances lists all instances in the order of their ids.
func (r *Reader) Instances() []elb.Instance { return list(r, instances, instancePrefix) }

// PutInstance writes an instance.
func (tx *Tx) PutInstance(i elb.Instance) { put(tx, instances, under(instancePrefix, i.ID), i) }

// DeleteInstance deletes an instance.
func (tx *Tx) DeleteInstance(id string) { tx.delete(under(instancePrefix, id)) }

// InstanceRange reads one range.
func (r *Reader) InstanceRange(cidr netip.Prefix) (elb.InstanceRange, bool) {
	return read(r, instanceRanges, under(instanceRangePrefix, cidr.String()))
}

// InstanceRanges lists all ranges.
func (r *Reader) InstanceRanges() []elb.InstanceRange {
	return list(r, instanceRanges, instanceRangePrefix)
}

// PutInstanceRange writes a range.
func (tx *Tx) PutInstanceRange(v elb.InstanceRange) {
	put(tx, instanceRanges, under(instanceRangePrefix, v.CIDR.String()), v)
}

// DeleteInstanceRange deletes a range.
func (tx *Tx) DeleteInstanceRange(cidr netip.Prefix) {
	tx.delete(under(instanceRangePrefix, cidr.String()))
}

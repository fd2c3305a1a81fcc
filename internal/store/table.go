package store

import "elbow/internal/elb"

// A Table is the documents of one kind, each under a name.
type Table[T any] struct {
	kind   kind[T]
	prefix string
	name   func(v *T) string // of a document
}

// A Snapshot is a source of documents: a *Reader, or a *Tx.
type Snapshot interface{ reader() *Reader }

func (r *Reader) reader() *Reader { return r }

// The tables of the kinds that have neither an index nor an entry elsewhere. Those of
// the others are in the files of their kinds.
var (
	Regions   = Table[elb.Region]{regions, regionPrefix, func(v *elb.Region) string { return v.ID }}
	Networks  = Table[elb.Network]{networks, networkPrefix, func(v *elb.Network) string { return v.ID }}
	VSwitches = Table[elb.VSwitch]{vSwitches, vSwitchPrefix, func(v *elb.VSwitch) string { return v.ID }}

	Instances = Table[elb.Instance]{instances, instancePrefix, func(v *elb.Instance) string { return v.ID }}

	// InstanceRanges are named by their CIDR.
	InstanceRanges = Table[elb.InstanceRange]{instanceRanges, instanceRangePrefix, func(v *elb.InstanceRange) string { return v.CIDR.String() }}

	Users = Table[elb.User]{users, userPrefix, func(v *elb.User) string { return v.Name }}
	Roles = Table[elb.Role]{roles, rolePrefix, func(v *elb.Role) string { return v.Name }}

	// Policies are the Custom ones; System policies are part of the program.
	Policies = Table[elb.Policy]{policies, policyPrefix, func(v *elb.Policy) string { return v.Name }}

	// LoginProfiles are named by their users.
	LoginProfiles = Table[elb.LoginProfile]{logins, loginPrefix, func(v *elb.LoginProfile) string { return v.UserName }}
)

func (t *Table[T]) key(name string) string { return under(t.prefix, name) }

// Get reads one document.
func (t *Table[T]) Get(s Snapshot, name string) (T, bool) {
	return read(s.reader(), t.kind, t.key(name))
}

// All lists all documents in the order of their names.
func (t *Table[T]) All(s Snapshot) []T { return list(s.reader(), t.kind, t.prefix) }

// Count returns the number of documents. A transaction does not notice when it changes, so
// that concurrent calls may exceed a limit by their number.
func (t *Table[T]) Count(s Snapshot) int { return s.reader().count(t.prefix) }

// After lists documents in the order of their names: at most n, those after the name.
// It is for View: Update does not notice changes.
func (t *Table[T]) After(r *Reader, name string, n int) []T {
	return listAfter(r, t.kind, t.prefix, name, n)
}

// Put writes a document.
func (t *Table[T]) Put(tx *Tx, v T) { put(tx, t.kind, t.key(t.name(&v)), v) }

// Delete deletes a document.
func (t *Table[T]) Delete(tx *Tx, name string) { tx.delete(t.key(name)) }

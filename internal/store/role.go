package store

import "elbow/internal/elb"

var roles = kind[elb.Role]{name: "role"}

// Role reads one role.
func (r *Reader) Role(name string) (elb.Role, bool) {
	return read(r, roles, under(rolePrefix, name))
}

// RolesAfter lists roles in the order of their names: at most n, those after the name.
func (r *Reader) RolesAfter(name string, n int) []elb.Role {
	return listAfter(r, roles, rolePrefix, name, n)
}

// PutRole writes a role.
func (tx *Tx) PutRole(role elb.Role) { put(tx, roles, under(rolePrefix, role.Name), role) }

// DeleteRole deletes a role.
func (tx *Tx) DeleteRole(name string) { tx.delete(under(rolePrefix, name)) }

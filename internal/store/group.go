package store

import "elbow/internal/elb"

var (
	groups  = kind[elb.Group]{name: "group"}
	members = kind[elb.Membership]{name: "membership"}
)

// Groups are the groups, by name.
var Groups = groupTable{Table[elb.Group]{groups, groupPrefix, func(v *elb.Group) string { return v.Name }}}

type groupTable struct{ Table[elb.Group] }

// ByID returns the group of an ID.
func (t *groupTable) ByID(s Snapshot, id string) (elb.Group, bool) {
	names := s.reader().some(namesOf(id), 1)
	if len(names) == 0 {
		return elb.Group{}, false
	}
	return t.Get(s, unescaped(names[0]))
}

// Put writes a group.
func (t *groupTable) Put(tx *Tx, g elb.Group) {
	t.Table.Put(tx, g)
	tx.index(nameOfGroup(g))
}

// Delete deletes a group.
func (t *groupTable) Delete(tx *Tx, g elb.Group) {
	t.Table.Delete(tx, g.Name)
	tx.unindex(nameOfGroup(g))
}

// Members are the memberships of users in groups.
var Members memberTable

type memberTable struct{}

// membersOf is the prefix of the members of one group.
func membersOf(groupID string) string { return under(memberPrefix, groupID) + "/" }

// Get reads whether a user is in a group, and since when.
func (memberTable) Get(s Snapshot, groupID, userName string) (elb.Membership, bool) {
	return read(s.reader(), members, under(memberPrefix, groupID, userName))
}

// After lists members of a group in the order of their names: at most n, those after
// the name. It is for View: Update does not notice changes.
func (memberTable) After(r *Reader, groupID, name string, n int) []elb.Membership {
	return listAfter(r, members, membersOf(groupID), name, n)
}

// Any reports whether a group has a member.
func (memberTable) Any(s Snapshot, groupID string) bool {
	return len(s.reader().some(membersOf(groupID), 1)) > 0
}

// GroupsOf lists the groups of a user in the order of their IDs.
func (t memberTable) GroupsOf(s Snapshot, userName string) (all []elb.Membership) {
	for _, id := range s.reader().some(groupsOf(userName), 0) {
		if m, found := t.Get(s, unescaped(id), userName); found {
			all = append(all, m)
		}
	}
	return all
}

// Put puts a user into a group.
func (memberTable) Put(tx *Tx, m elb.Membership) {
	put(tx, members, under(memberPrefix, m.GroupID, m.UserName), m)
	tx.index(groupOfUser(m))
}

// Delete takes a user out of a group.
func (memberTable) Delete(tx *Tx, m elb.Membership) {
	tx.delete(under(memberPrefix, m.GroupID, m.UserName))
	tx.unindex(groupOfUser(m))
}

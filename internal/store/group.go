package store

import "elbow/internal/elb"

var (
	groups  = kind[elb.Group]{name: "group"}
	members = kind[elb.Membership]{name: "membership"}
)

// Group reads one group.
func (r *Reader) Group(name string) (elb.Group, bool) {
	return read(r, groups, under(groupPrefix, name))
}

// GroupsAfter lists groups in the order of their names: at most n, those after the
// name.
func (r *Reader) GroupsAfter(name string, n int) []elb.Group {
	return listAfter(r, groups, groupPrefix, name, n)
}

// GroupByID returns the group of an ID.
func (r *Reader) GroupByID(id string) (elb.Group, bool) {
	names := r.some(namesOf(id), 1)
	if len(names) == 0 {
		return elb.Group{}, false
	}
	return r.Group(unescaped(names[0]))
}

// PutGroup writes a group.
func (tx *Tx) PutGroup(g elb.Group) {
	put(tx, groups, under(groupPrefix, g.Name), g)
	tx.index(nameOfGroup(g))
}

// DeleteGroup deletes a group.
func (tx *Tx) DeleteGroup(g elb.Group) {
	tx.delete(under(groupPrefix, g.Name))
	tx.unindex(nameOfGroup(g))
}

// membersOf is the prefix of the members of one group.
func membersOf(groupID string) string { return under(memberPrefix, groupID) + "/" }

// Member reads whether a user is in a group, and since when.
func (r *Reader) Member(groupID, userName string) (elb.Membership, bool) {
	return read(r, members, under(memberPrefix, groupID, userName))
}

// MembersAfter lists members of a group in the order of their names: at most n, those
// after the name.
func (r *Reader) MembersAfter(groupID, name string, n int) []elb.Membership {
	return listAfter(r, members, membersOf(groupID), name, n)
}

// HasMembers reports whether a group has a member.
func (r *Reader) HasMembers(groupID string) bool { return len(r.some(membersOf(groupID), 1)) > 0 }

// GroupsOf lists the groups of a user in the order of their IDs.
func (r *Reader) GroupsOf(userName string) (all []elb.Membership) {
	for _, id := range r.some(groupsOf(userName), 0) {
		if m, found := r.Member(unescaped(id), userName); found {
			all = append(all, m)
		}
	}
	return all
}

// PutMember puts a user into a group.
func (tx *Tx) PutMember(m elb.Membership) {
	put(tx, members, under(memberPrefix, m.GroupID, m.UserName), m)
	tx.index(groupOfUser(m))
}

// DeleteMember takes a user out of a group.
func (tx *Tx) DeleteMember(m elb.Membership) {
	tx.delete(under(memberPrefix, m.GroupID, m.UserName))
	tx.unindex(groupOfUser(m))
}

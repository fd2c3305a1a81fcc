package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"elbow/internal/elb"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Indexes hold content of the documents under other keys, so that simple calls
// read little. They are not documents: a backup does not contain them, and
// Reindex rebuilds them from the documents whenever a store is opened.
//
//	/elbow-index/attached/<type>/<policy>/<user, group:id or role:name>    of attachments
//	/elbow-index/groups/<user>/<group id>                                   of memberships
//	/elbow-index/group/<id>/<name>                                          of groups
//	/elbow-index/accesskey/<user, "" for the account>/<id>                  of access keys
//	/elbow-index/certificate/<id>/<lb>/<port, 5 digits>/<protocol> of listeners
//
// The last one may contain listeners that are gone: deleting a load balancer with
// many of them does not look up their certificates. It never lacks one.
const (
	indexRoot     = "/elbow-index/"
	attachedIndex = indexRoot + "attached/"
	groupIndex    = indexRoot + "groups/"
	groupIDIndex  = indexRoot + "group/"
	keyIndex      = indexRoot + "accesskey/"
	useIndex      = indexRoot + "certificate/"
)

func attachedKey(a elb.Attachment) string {
	name := a.UserName
	switch { // no user has a colon in the name
	case a.GroupID != "":
		name = groupHolder + a.GroupID
	case a.RoleName != "":
		name = roleHolder + a.RoleName
	}
	return attachedTo(a.PolicyType, a.PolicyName) + escaped(name)
}

// Prefixes of the names of holders other than users.
const (
	groupHolder = "group:"
	roleHolder  = "role:"
)

func groupOfUser(m elb.Membership) string { return groupsOf(m.UserName) + escaped(m.GroupID) }

func nameOfGroup(g elb.Group) string { return namesOf(g.ID) + escaped(g.Name) }

// namesOf is the prefix of the name of a group.
func namesOf(groupID string) string { return under(groupIDIndex, groupID) + "/" }

// groupsOf is the prefix of the groups of one user.
func groupsOf(userName string) string { return under(groupIndex, userName) + "/" }

// attachedTo is the prefix of the holders of one policy.
func attachedTo(policyType, policyName string) string {
	return under(attachedIndex, policyType, policyName) + "/"
}

func keyOfUser(k elb.AccessKey) string { return keysOf(k.UserName) + escaped(k.ID) }

// keysOf is the prefix of the access keys of one user, or of the account.
func keysOf(userName string) string { return under(keyIndex, userName) + "/" }

// useKeys are the keys of the certificates that a listener names.
func useKeys(l elb.Listener) []string {
	var all []string
	for _, id := range elb.CertificateIDs(l.CertificateID) {
		key := usesOf(id) + escaped(l.LoadBalancerID) + "/" + port(l.Key())
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// usesOf is the prefix of the listeners of one certificate.
func usesOf(id string) string { return under(useIndex, id) + "/" }

// escaped is a name in the escaping of under.
func escaped(name string) string { return under("", name) }

func (tx *Tx) index(key string)   { tx.writes = append(tx.writes, clientv3.OpPut(key, "")) }
func (tx *Tx) unindex(key string) { tx.delete(key) }

// count returns the number of keys under a prefix, or in another range given by
// an option. A Tx does not notice when that changes.
func (r *Reader) count(from string, of ...clientv3.OpOption) int {
	if r.err != nil {
		return 0
	}
	if of == nil {
		of = []clientv3.OpOption{clientv3.WithPrefix()}
	}
	opts := append(of, clientv3.WithCountOnly())
	if r.revision != 0 {
		opts = append(opts, clientv3.WithRev(r.revision), clientv3.WithSerializable())
	}
	resp, err := r.store.client.Get(r.ctx, from, opts...)
	if err != nil {
		r.err = unavailable(err)
		return 0
	}
	if r.revision == 0 {
		r.revision = resp.Header.GetRevision()
	}
	return int(resp.Count)
}

// some lists the last parts of the keys under a prefix, at most limit of them; 0:
// all.
func (r *Reader) some(prefix string, limit int64) []string {
	var names []string
	for _, kv := range r.getRange(prefix, clientv3.WithKeysOnly(), clientv3.WithLimit(limit)) {
		names = append(names, strings.TrimPrefix(string(kv.Key), prefix))
	}
	return names
}

// peek reads a document that Update does not compare.
func peek[T any](r *Reader, k kind[T], key string) (v T, found bool) {
	kvs := r.get(key)
	if len(kvs) == 0 {
		return v, false
	}
	v, err := decode(r.store.sealer, k, key, kvs[0].Value)
	if err != nil {
		r.err = err
	}
	return v, err == nil
}

func attachedKeys(a elb.Attachment) []string { return []string{attachedKey(a)} }

// Reindex makes the indexes what the documents ask for.
func (s *Store) Reindex(ctx context.Context) error {
	want := make(map[string]bool)
	for _, walk := range []func(context.Context, *Store, map[string]bool) error{
		indexOf(attachmentPrefix, attachments, attachedKeys),
		indexOf(groupAttachmentPrefix, attachments, attachedKeys),
		indexOf(roleAttachmentPrefix, attachments, attachedKeys),
		indexOf(groupPrefix, groups, func(g elb.Group) []string { return []string{nameOfGroup(g)} }),
		indexOf(memberPrefix, members, func(m elb.Membership) []string { return []string{groupOfUser(m)} }),
		indexOf(accessKeyPrefix, kind[elb.AccessKey]{name: accessKeys.name}, func(k elb.AccessKey) []string { return []string{keyOfUser(k)} }),
		indexOf(listenerPrefix, kind[elb.Listener]{name: listeners.name}, useKeys),
	} {
		if err := walk(ctx, s, want); err != nil {
			return err
		}
	}
	err := s.walk(ctx, indexRoot, []clientv3.OpOption{clientv3.WithKeysOnly()}, func(d Document) error {
		if want[d.Key] {
			delete(want, d.Key) // it is there
		} else {
			want[d.Key] = false
		}
		return nil
	})
	if err != nil {
		return err
	}
	var changes []clientv3.Op
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if want[key] {
			changes = append(changes, clientv3.OpPut(key, ""))
		} else {
			changes = append(changes, clientv3.OpDelete(key))
		}
	}
	_, err = s.change(ctx, changes, func(int, int) {})
	return err
}

// indexOf notes the index keys of the documents under a prefix. Their secrets stay
// sealed. One that is unreadable has none: reading it says so.
func indexOf[T any](prefix string, k kind[T], keys func(T) []string) func(context.Context, *Store, map[string]bool) error {
	k.secrets = nil
	return func(ctx context.Context, s *Store, want map[string]bool) error {
		return s.walk(ctx, prefix, nil, func(d Document) error {
			if v, err := decode(s.sealer, k, d.Key, []byte(d.Value)); err == nil {
				for _, key := range keys(v) {
					want[key] = true
				}
			}
			return nil
		})
	}
}

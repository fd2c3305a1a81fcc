package store_test

import (
	"fmt"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// indexed writes users with keys and policies, and listeners with certificates.
func indexed(t *testing.T, s *store.Store) {
	t.Helper()
	for i := range 30 {
		update(t, s, func(tx *store.Tx) {
			name := fmt.Sprintf("user-%02d", i)
			store.AccessKeys.Put(tx, elb.AccessKey{ID: "LTAI" + name, Secret: "s", UserName: name})
			store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{UserName: name}, PolicyType: elb.CustomPolicy, PolicyName: "all"})
			store.Listeners.Put(tx, elb.Listener{LoadBalancerID: "lb-1", Port: i + 1, Protocol: elb.HTTPS, CertificateID: "7,8,7", Seed: make([]byte, 32)})
		})
	}
	update(t, s, func(tx *store.Tx) {
		for _, g := range []elb.Group{{ID: "1", Name: "ops"}, {ID: "11", Name: "devs"}} {
			store.Groups.Put(tx, g)
			store.Members.Put(tx, elb.Membership{GroupID: g.ID, UserName: "user-03"})
		}
		store.Members.Put(tx, elb.Membership{GroupID: "11", UserName: "user-04"})
		store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{GroupID: "1"}, PolicyType: elb.CustomPolicy, PolicyName: "of-ops"})
		store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{RoleName: "deploy"}, PolicyType: elb.CustomPolicy, PolicyName: "of-deploy"})
	})
	update(t, s, func(tx *store.Tx) {
		store.Groups.Delete(tx, elb.Group{ID: "11", Name: "devs"}) // renamed
		store.Groups.Put(tx, elb.Group{ID: "11", Name: "developers"})
		store.Members.Delete(tx, elb.Membership{GroupID: "11", UserName: "user-04"})
		store.AccessKeys.Put(tx, elb.AccessKey{ID: "root", Secret: "s"})
		store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{UserName: "user-00"}, PolicyType: elb.SystemPolicy, PolicyName: "all"})
		store.Attachments.Delete(tx, elb.Attachment{Holder: elb.Holder{UserName: "user-29"}, PolicyType: elb.CustomPolicy, PolicyName: "all"})
		store.Listeners.Delete(tx, elb.ListenerKey{LoadBalancerID: "lb-1", Port: 30, Protocol: elb.HTTPS})
	})
}

// checkIndexes checks the indexes of what indexed wrote.
func checkIndexes(t *testing.T, what string, s *store.Store) {
	t.Helper()
	view(t, s, func(r *store.Reader) {
		if n := store.Attachments.CountHolders(r, elb.CustomPolicy, "all"); n != 29 {
			t.Errorf("%s: %d users have the policy, want 29", what, n)
		}
		if n := store.Attachments.CountHolders(r, elb.SystemPolicy, "all"); n != 1 {
			t.Errorf("%s: %d users have the system policy, want 1", what, n)
		}
		_, none := store.Attachments.Holder(r, elb.CustomPolicy, "al")
		if h, found := store.Attachments.Holder(r, elb.CustomPolicy, "all"); none || !found || h.UserName == "" {
			t.Errorf("%s: users of a policy by the beginning of its name", what)
		}
		if h, _ := store.Attachments.Holder(r, elb.CustomPolicy, "of-ops"); h.GroupID != "1" {
			t.Errorf("%s: the policy of a group is that of %+v", what, h)
		}
		if h, _ := store.Attachments.Holder(r, elb.CustomPolicy, "of-deploy"); h.RoleName != "deploy" {
			t.Errorf("%s: the policy of a role is that of %+v", what, h)
		}
		if in := store.Members.GroupsOf(r, "user-03"); len(in) != 2 || in[0].GroupID != "1" || in[1].GroupID != "11" {
			t.Errorf("%s: a user is in %+v", what, in)
		}
		if in := store.Members.GroupsOf(r, "user-04"); len(in) != 0 {
			t.Errorf("%s: a user who left is in %+v", what, in)
		}
		if g, found := store.Groups.ByID(r, "11"); !found || g.Name != "developers" {
			t.Errorf("%s: the renamed group is %+v", what, g)
		}
		if keys := store.AccessKeys.Of(r, "user-07"); len(keys) != 1 || keys[0].ID != "LTAIuser-07" || keys[0].Secret != "s" {
			t.Errorf("%s: the keys of a user are %+v", what, keys)
		}
		if keys := store.AccessKeys.Of(r, ""); len(keys) != 1 || keys[0].ID != "root" {
			t.Errorf("%s: the keys of the account are %+v", what, keys)
		}
		for id, want := range map[string]bool{"7": true, "8": true, "70": false, "9": false} {
			if _, used := store.Certificates.UserOf(r, id); used != want {
				t.Errorf("%s: certificate %s used %v, want %v", what, id, used, want)
			}
		}
	})
}

// keysUnder counts etcd's keys under a prefix.
func keysUnder(t *testing.T, c *clientv3.Client, prefix string) int64 {
	t.Helper()
	resp, err := c.Get(t.Context(), prefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		t.Fatal(err)
	}
	return resp.Count
}

// Whatever state the indexes are in, opening a store makes them match its
// documents: a store of an older version has none, and one that an older version
// has written to has wrong ones.
func TestIndexesAreMadeTrue(t *testing.T) {
	s, member := start(t)
	indexed(t, s)
	checkIndexes(t, "as written", s)
	const root = "/elbow-index/"
	right := keysUnder(t, member.Client(), root)
	for what, spoil := range map[string]func() error{
		"without any": func() error {
			_, err := member.Client().Delete(t.Context(), root, clientv3.WithPrefix())
			return err
		},
		"with more": func() error {
			for _, key := range []string{"attached/Custom/all/stranger", "accesskey/user-07/gone", "accesskey//gone", "certificate/9/lb-1/00001/https", "certificate/7/lb-9/x/https", "what/ever"} {
				if _, err := member.Client().Put(t.Context(), root+key, ""); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		again, err := store.New(member.Client(), member.SealKey())
		if err != nil {
			t.Fatal(err)
		}
		checkIndexes(t, what, again)
		if n := keysUnder(t, member.Client(), root); n != right {
			t.Errorf("%s: %d keys of indexes, want %d", what, n, right)
		}
		again.Close()
	}
}

// A backup has no indexes, and restoring it builds them.
func TestLoadMakesIndexes(t *testing.T) {
	from, member := start(t)
	indexed(t, from)
	documents, _, err := from.Dump(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to, _ := start(t)
	if _, err := to.Load(t.Context(), documents, member.SealKey(), func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	checkIndexes(t, "loaded", to)
}

// A load balancer with more listeners than one transaction can handle leaves no
// certificate in use.
func TestDeletedLoadBalancerUsesNoCertificate(t *testing.T) {
	s, _ := start(t)
	for _, listeners := range []int{3, 90} {
		lb := loadBalancer(fmt.Sprintf("lb-%d", listeners))
		update(t, s, func(tx *store.Tx) { store.LoadBalancers.Create(tx, lb) })
		for port := range listeners {
			update(t, s, func(tx *store.Tx) {
				store.Listeners.Put(tx, elb.Listener{LoadBalancerID: lb.ID, Port: port + 1, Protocol: elb.HTTPS, CertificateID: "7,8", Seed: make([]byte, 32)})
			})
		}
		used := func() (used bool) {
			view(t, s, func(r *store.Reader) { _, used = store.Certificates.UserOf(r, "8") })
			return used
		}
		if !used() {
			t.Errorf("%d listeners: the certificate is not in use", listeners)
		}
		update(t, s, func(tx *store.Tx) { store.LoadBalancers.Delete(tx, lb) })
		if used() {
			t.Errorf("%d listeners: the certificate is in use after their end", listeners)
		}
	}
	update(t, s, func(tx *store.Tx) {
		if _, used := store.Certificates.UserOf(tx, "7"); used {
			t.Error("in use")
		}
		store.Certificates.ForgetUses(tx, "7")
		store.Certificates.Delete(tx, elb.Certificate{ID: 7, Name: "shop"})
	})
}

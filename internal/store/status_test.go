package store_test

import (
	"fmt"
	"strings"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"
	"elbow/internal/store/embedded"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const statusPrefix = "/elbow/status/"

func status(port int, state elb.ListenerState) elb.ListenerStatus {
	return elb.ListenerStatus{LoadBalancerID: "lb-1", Port: port, Protocol: elb.HTTPS, Revision: 7, State: state}
}

// told lists the reported statuses of lb-1.
func told(t *testing.T, s *store.Store) (all []elb.ListenerStatus) {
	t.Helper()
	view(t, s, func(r *store.Reader) { all = store.Listeners.Statuses(r, "lb-1") })
	return all
}

func report(t *testing.T, s *store.Store, node string, changed []elb.ListenerStatus, gone []elb.ListenerKey) {
	t.Helper()
	if err := s.ReportStatus(t.Context(), node, changed, gone); err != nil {
		t.Fatal(err)
	}
}

func TestStatusIsToldUntilItIsGone(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	a, b := status(443, elb.Running), status(8443, elb.Starting)
	report(t, s, "n1", []elb.ListenerStatus{b, a}, nil)
	if diff := cmp.Diff([]elb.ListenerStatus{a, b}, told(t, s)); diff != "" {
		t.Errorf("after the first report (-want +got):\n%s", diff)
	}
	report(t, s, "n1", nil, []elb.ListenerKey{a.Key()})
	if diff := cmp.Diff([]elb.ListenerStatus{b}, told(t, s)); diff != "" {
		t.Errorf("after one is gone (-want +got):\n%s", diff)
	}
	report(t, s, "n2", []elb.ListenerStatus{b}, nil)
	if n := len(told(t, s)); n != 2 {
		t.Errorf("two nodes have told of a listener, got %d statuses", n)
	}
}

// More statuses than fit in one transaction.
func TestStatusesOfManyListeners(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	var all []elb.ListenerStatus
	for port := range 1000 {
		all = append(all, status(port+1, elb.Running))
	}
	report(t, s, "n1", all, nil)
	if n := len(told(t, s)); n != len(all) {
		t.Errorf("got %d statuses, want %d", n, len(all))
	}
}

func TestCloseTakesStatusesBack(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	other, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	report(t, other, "n1", []elb.ListenerStatus{status(443, elb.Running)}, nil)
	other.Close()
	if n := len(told(t, s)); n != 0 {
		t.Errorf("%d statuses outlived their process", n)
	}
	if err := other.ReportStatus(t.Context(), "n1", nil, nil); err == nil {
		t.Error("a report after Close was taken")
	}
}

// A process that starts removes the statuses of its dead predecessor, and none of
// other nodes.
func TestForgetStatus(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	dead, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dead.Close)
	report(t, dead, "n/1", []elb.ListenerStatus{status(443, elb.Running), status(8443, elb.Running)}, nil)
	report(t, dead, "1", []elb.ListenerStatus{status(9443, elb.Running)}, nil)
	if err := s.ForgetStatus(t.Context(), "n/1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]elb.ListenerStatus{status(9443, elb.Running)}, told(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// When etcd has given up a process, it reports everything again.
func TestStatusesAreToldAgainAfterTheLeaseIsLost(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	report(t, s, "n1", []elb.ListenerStatus{status(443, elb.Running), status(8443, elb.Running)}, nil)
	lease, revision := leaseOf(t, member)
	again := member.Client().Watch(t.Context(), statusPrefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1), clientv3.WithFilterDelete())
	if _, err := member.Client().Revoke(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < 2; {
		seen += len((<-again).Events)
	}
	if n := len(told(t, s)); n != 2 {
		t.Errorf("got %d statuses, want 2", n)
	}
}

func leaseOf(t *testing.T, member *embedded.Member) (lease clientv3.LeaseID, revision int64) {
	t.Helper()
	resp, err := member.Client().Get(t.Context(), statusPrefix, clientv3.WithPrefix())
	if err != nil || len(resp.Kvs) == 0 || resp.Kvs[0].Lease == 0 {
		t.Fatalf("no status under a lease: %v, %v", resp, err)
	}
	return clientv3.LeaseID(resp.Kvs[0].Lease), resp.Header.GetRevision()
}

func TestResultsOfTokens(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	want := store.Result{Params: "p", ID: "lb-1"}
	update(t, s, func(tx *store.Tx) { tx.PutResult("CreateLoadBalancer", "a/b", want) })
	view(t, s, func(r *store.Reader) {
		if got, found := r.Result("CreateLoadBalancer", "a/b"); !found || got != want {
			t.Errorf("got %+v, %v, want %+v", got, found, want)
		}
		if _, found := r.Result("CreateNetwork", "a/b"); found {
			t.Error("the token of another operation was found")
		}
	})
	resp, err := member.Client().Get(t.Context(), "/elbow/token/", clientv3.WithPrefix())
	if err != nil || len(resp.Kvs) != 1 {
		t.Fatalf("got %v, %v", resp, err)
	}
	ttl, err := member.Client().TimeToLive(t.Context(), clientv3.LeaseID(resp.Kvs[0].Lease))
	if err != nil || ttl.GrantedTTL < int64(store.TokenLife.Seconds()) {
		t.Errorf("remembered for %v s (%v), want at least %v", ttl.GrantedTTL, err, store.TokenLife)
	}

	// A lease that etcd no longer knows is replaced.
	if _, err := member.Client().Revoke(t.Context(), clientv3.LeaseID(resp.Kvs[0].Lease)); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *store.Tx) { tx.PutResult("CreateLoadBalancer", "c", want) })
	view(t, s, func(r *store.Reader) {
		if _, found := r.Result("CreateLoadBalancer", "c"); !found {
			t.Error("not written after its lease was lost")
		}
	})
}

func TestCredential(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	update(t, s, func(tx *store.Tx) {
		tx.PutAccount(elb.Account{ID: "1000"})
		store.Users.Put(tx, elb.User{ID: "7", Name: "alice"})
		store.AccessKeys.Put(tx, elb.AccessKey{ID: "root", Secret: "r", Active: true})
		store.AccessKeys.Put(tx, elb.AccessKey{ID: "hers", Secret: "h", UserName: "alice", Active: true})
		store.AccessKeys.Put(tx, elb.AccessKey{ID: "orphan", Secret: "o", UserName: "bob", Active: true})
		store.Policies.Put(tx, elb.Policy{Name: "mine", Type: elb.CustomPolicy, Document: "custom"})
		for _, a := range []elb.Attachment{
			{Holder: elb.Holder{UserName: "alice"}, PolicyType: elb.CustomPolicy, PolicyName: "mine"},
			{Holder: elb.Holder{UserName: "alice"}, PolicyType: elb.SystemPolicy, PolicyName: "AliyunENSReadOnlyAccess"},
			{Holder: elb.Holder{UserName: "alice2"}, PolicyType: elb.SystemPolicy, PolicyName: "AliyunENSFullAccess"},
		} {
			store.Attachments.Put(tx, a)
		}
	})
	for _, tt := range []struct {
		id, secret, user string
		policies         int
		found            bool
	}{
		{"root", "r", "", 0, true},
		{"hers", "h", "alice", 2, true},
		{"orphan", "o", "", 0, false},
		{"nobody", "", "", 0, false},
	} {
		t.Run(tt.id, func(t *testing.T) {
			c, found, err := s.Credential(t.Context(), tt.id)
			if err != nil || found != tt.found || c.Key.Secret != tt.secret || c.User.Name != tt.user || len(c.Policies) != tt.policies {
				t.Errorf("got %+v, %v, %v", c, found, err)
			}
			if found && c.Account.ID != "1000" {
				t.Errorf("account %q", c.Account.ID)
			}
		})
	}
}

// A wrong seal key is noticed at the start.
func TestNewRefusesAWrongSealKey(t *testing.T) {
	t.Parallel()
	_, member := start(t)
	for _, key := range []string{"", "short", fmt.Sprintf("%032d", 1)} {
		if _, err := store.New(member.Client(), []byte(key)); err == nil {
			t.Errorf("the key %q was accepted", key)
		} else {
			t.Log(err)
		}
	}
	again, err := store.New(member.Client(), member.SealKey())
	if err != nil {
		t.Fatalf("the right key: %v", err)
	}
	again.Close()
}

// dead is a status with this number of backends that are down, each with a reason
// of this many bytes.
func dead(port, backends, reason int) elb.ListenerStatus {
	s := status(port, elb.Running)
	for n := range backends {
		s.Backends = append(s.Backends, elb.BackendStatus{
			ServerID: fmt.Sprintf("i-%04d", n), Address: fmt.Sprintf("192.0.2.1:%d", n),
			Health: "unhealthy", LastErr: strings.Repeat("x", reason),
		})
	}
	return s
}

// Few long statuses take several transactions, as many short ones do.
func TestStatusesOfManyBackends(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	var all []elb.ListenerStatus
	for port := range 100 {
		all = append(all, dead(port+1, 200, 60))
	}
	report(t, s, "n1", all, nil)
	if diff := cmp.Diff(all, told(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i := range all { // they all come back
		for j := range all[i].Backends {
			all[i].Backends[j].Health, all[i].Backends[j].LastErr = "healthy", ""
		}
	}
	report(t, s, "n1", all, nil)
	if diff := cmp.Diff(all, told(t, s)); diff != "" {
		t.Errorf("when all have come back (-want +got):\n%s", diff)
	}
}

// A status that exceeds a transaction is reported in a shorter form, the others
// unchanged.
func TestStatusTooLarge(t *testing.T) {
	t.Parallel()
	s, _ := start(t)
	reasons, backends, reason := dead(2, 1000, 4000), dead(3, 30_000, 0), status(4, elb.Starting)
	reason.Reason = strings.Repeat("y", 2<<20)
	before, after := dead(1, 3, 60), dead(5, 3, 60)
	report(t, s, "n1", []elb.ListenerStatus{before, reasons, backends, reason, after}, nil)
	got := told(t, s)
	if len(got) != 5 {
		t.Fatalf("%d statuses are told, want 5", len(got))
	}
	if diff := cmp.Diff([]elb.ListenerStatus{before, after}, []elb.ListenerStatus{got[0], got[4]}); diff != "" {
		t.Errorf("those beside it (-want +got):\n%s", diff)
	}
	if n := len(got[1].Backends); n != 1000 {
		t.Errorf("with long reasons %d backends are told, want 1000", n)
	}
	if n := len(got[2].Backends); n < 1000 || n >= 30_000 {
		t.Errorf("of 30000 backends %d are told, want as many as fit", n)
	}
	if n := len(got[3].Reason); n == 0 || n > 2000 {
		t.Errorf("a reason of %d bytes is told, want its beginning", n)
	}
	if len(backends.Backends) != 30_000 || reasons.Backends[0].LastErr == "" {
		t.Error("the statuses of the caller were changed")
	}
}

// After a lost lease, statuses of any number and size are reported again.
func TestManyStatusesAreToldAgain(t *testing.T) {
	t.Parallel()
	s, member := start(t)
	var all []elb.ListenerStatus
	for port := range 100 {
		all = append(all, dead(port+1, 200, 60))
	}
	report(t, s, "n1", all, nil)
	lease, revision := leaseOf(t, member)
	again := member.Client().Watch(t.Context(), statusPrefix, clientv3.WithPrefix(), clientv3.WithRev(revision+1), clientv3.WithFilterDelete())
	if _, err := member.Client().Revoke(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < len(all); {
		seen += len((<-again).Events)
	}
	if diff := cmp.Diff(all, told(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

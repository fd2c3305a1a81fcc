package control_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A countingKV counts the documents in the answers of reads.
type countingKV struct {
	clientv3.KV
	read *atomic.Int64
}

func (c countingKV) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	resp, err := c.KV.Get(ctx, key, opts...)
	if err == nil {
		c.read.Add(int64(len(resp.Kvs)))
	}
	return resp, err
}

// populate fills a world with n of each resource.
func (w *world) populate(n int) {
	w.t.Helper()
	for from := 0; from < n; from += 10 {
		w.put(func(tx *store.Tx) {
			for i := from; i < min(from+10, n); i++ {
				name := fmt.Sprintf("other-%05d", i)
				store.Users.Put(tx, elb.User{ID: name, Name: name})
				store.AccessKeys.Put(tx, elb.AccessKey{ID: "LTAI" + name, Secret: "s", UserName: name})
				store.Policies.Put(tx, elb.Policy{Name: name, Type: elb.CustomPolicy, Document: "{}"})
				store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{UserName: name}, PolicyName: "AliyunENSFullAccess", PolicyType: elb.SystemPolicy})
				store.Attachments.Put(tx, elb.Attachment{Holder: elb.Holder{UserName: name}, PolicyName: name, PolicyType: elb.CustomPolicy})
				a := [4]byte{127, 8, byte((i + 1) >> 8), byte(i + 1)}
				store.LoadBalancers.Create(tx, elb.LoadBalancer{ID: "lb-" + name, VSwitchID: "vsw-default", Address: netip.AddrFrom4(a)})
				store.Listeners.Put(tx, elb.Listener{LoadBalancerID: "lb-other", Port: i + 1, Protocol: elb.HTTPS, CertificateID: "7", Seed: make([]byte, 32)})
			}
		})
	}
}

type namedCall struct {
	name string
	make func()
}

// What an operation on one resource reads does not grow with the number of
// others. The test counts the documents that etcd returns, not the time.
func TestOperationsReadWhatTheyNeed(t *testing.T) {
	t.Parallel()
	calls := func(w *world) []namedCall {
		lb, cert, spare := w.loadBalancer(), w.certificate("mine"), w.certificate("spare")
		do := func(action string, p params) func() { return func() { w.do(action, p) } }
		upload := uploadOf(t, "new")
		w.do("CreateUser", params{"UserName": "me"})
		w.do("CreateUser", params{"UserName": "gone"})
		w.do("CreatePolicy", params{"PolicyName": "mine", "PolicyDocument": allowAll})
		w.do("CreatePolicy", params{"PolicyName": "spare", "PolicyDocument": allowAll})
		w.do("CreateLoadBalancerHTTPSListener", listener(lb, cert))
		full := params{"PolicyType": "System", "PolicyName": "AliyunENSFullAccess", "UserName": "me"}
		mine := full.with(params{"PolicyType": "Custom", "PolicyName": "mine"})
		w.do("AttachPolicyToUser", mine)
		one := params{"LoadBalancerId": lb, "ListenerPort": listener(lb, cert)["ListenerPort"]}
		return []namedCall{
			{"CreateLoadBalancer", func() { w.loadBalancer() }},
			{"DescribeVSwitches", do("DescribeVSwitches", params{})},
			{"DeleteLoadBalancer", do("DeleteLoadBalancer", params{"LoadBalancerId": w.loadBalancer()})},
			{"GetPolicy", do("GetPolicy", params{"PolicyType": "System", "PolicyName": "AliyunENSFullAccess"})},
			{"GetPolicy Custom", do("GetPolicy", params{"PolicyType": "Custom", "PolicyName": "mine"})},
			{"DeletePolicy", do("DeletePolicy", params{"PolicyName": "spare"})},
			{"DeletePolicy in use", func() { w.refuse("DeletePolicy", params{"PolicyName": "mine"}, "DeleteConflict.Policy.User") }},
			{"CreatePolicy", do("CreatePolicy", params{"PolicyName": "new", "PolicyDocument": allowAll})},
			{"AttachPolicyToUser", do("AttachPolicyToUser", full)},
			{"ListPoliciesForUser", do("ListPoliciesForUser", params{"UserName": "me"})},
			{"CreateUser", do("CreateUser", params{"UserName": "new"})},
			{"ListUsers, a page", do("ListUsers", params{"MaxItems": "3"})},
			{"ListUsers, a later page", do("ListUsers", params{"MaxItems": "3", "Marker": "other-00003"})},
			{"ListPolicies, a page", do("ListPolicies", params{"MaxItems": "3"})},
			{"ListPolicies, a later page", do("ListPolicies", params{"MaxItems": "3", "Marker": "Custom:other-00003"})},
			{"GetUser", do("GetUser", params{"UserName": "me"})},
			{"DeleteUser", do("DeleteUser", params{"UserName": "gone"})},
			{"CreateAccessKey", do("CreateAccessKey", params{"UserName": "me"})},
			{"CreateAccessKey of root", do("CreateAccessKey", params{})},
			{"ListAccessKeys", do("ListAccessKeys", params{"UserName": "me"})},
			{"UploadUserCertificate", do("UploadUserCertificate", upload)},
			{"GetUserCertificateDetail", do("GetUserCertificateDetail", params{"CertId": cert})},
			{"DeleteUserCertificate", do("DeleteUserCertificate", params{"CertId": spare})},
			{"DeleteUserCertificate in use", func() { w.refuse("DeleteUserCertificate", params{"CertId": cert}, "CertificateInUse") }},
			{"CreateListener", do("CreateLoadBalancerHTTPSListener", listener(lb, cert).with(params{"ListenerPort": "9443"}))},
			{"SetListener", do("SetLoadBalancerHTTPSListenerAttribute", one.with(params{"IdleTimeout": "20"}))},
			{"DescribeListener", do("DescribeLoadBalancerHTTPSListenerAttribute", one)},
			{"StartListener", do("StartLoadBalancerListener", one)},
			{"AddBackendServers", do("AddBackendServers", items(lb, `{"ServerId":"i-1","Ip":"10.0.0.1"}`))},
			{"DescribeLoadBalancer", do("DescribeLoadBalancerAttribute", params{"LoadBalancerId": lb})},
			{"DescribeLoadBalancers of one", do("DescribeLoadBalancers", params{"LoadBalancerId": lb})},
		}
	}
	count := func(n int) map[string]int64 {
		w := newWorld(t)
		w.populate(n)
		got := make(map[string]int64)
		all := calls(w)
		read := new(atomic.Int64)
		w.member.Client().KV = countingKV{w.member.Client().KV, read}
		for _, c := range all {
			read.Store(0)
			c.make()
			got[c.name] = read.Load()
		}
		return got
	}
	few, many := count(10), count(300)
	for name, n := range many {
		if n != few[name] {
			t.Errorf("%s reads %d documents beside 10 others, %d beside 300", name, few[name], n)
		}
	}
	if t.Failed() {
		return
	}
	for name, n := range many {
		if n > 30 && !strings.HasPrefix(name, "List") {
			t.Errorf("%s reads %d documents", name, n)
		}
	}
}

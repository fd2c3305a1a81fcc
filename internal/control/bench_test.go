package control_test

import (
	"fmt"
	"testing"
)

// The store's part of a call: with it, the gateway and a new connection a
// create call has to stay under 5 ms.
func BenchmarkCreateLoadBalancerHTTPSListener(b *testing.B) {
	w := newWorld(b)
	lb, id := w.loadBalancer(), w.certificate("web")
	port := 0
	for b.Loop() {
		if port++; port == 100 { // a load balancer of usual size
			lb, port = w.loadBalancer(), 1
		}
		w.do("CreateLoadBalancerHTTPSListener", listener(lb, id).with(params{"ListenerPort": fmt.Sprint(port)}))
	}
}

func BenchmarkWithAThousandLoadBalancers(b *testing.B) {
	w := newWorld(b)
	id := w.certificate("web")
	var lb string
	for range 1000 {
		lb = w.loadBalancer()
		w.do("CreateLoadBalancerHTTPSListener", listener(lb, id))
	}
	w.do("CreateUser", named("alice"))
	w.do("AttachPolicyToUser", params{"UserName": "alice", "PolicyType": "System", "PolicyName": "AliyunENSFullAccess"})
	key := w.do("CreateAccessKey", named("alice")).text("AccessKey", "AccessKeyId")
	b.Run("CreateLoadBalancer", func(b *testing.B) {
		for b.Loop() {
			w.loadBalancer()
		}
	})
	b.Run("DescribeLoadBalancers", func(b *testing.B) {
		for b.Loop() {
			w.do("DescribeLoadBalancers", nil)
		}
	})
	b.Run("DescribeLoadBalancerHTTPSListenerAttribute", func(b *testing.B) {
		for b.Loop() {
			w.describe(lb)
		}
	})
	b.Run("Credential", func(b *testing.B) {
		for b.Loop() {
			if _, found, err := w.store.Credential(b.Context(), key); err != nil || !found {
				b.Fatal(found, err)
			}
		}
	})
}

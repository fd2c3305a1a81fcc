package elbtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/api"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// The official SDK allocates an EIP, associates it with a load balancer and releases it,
// with the statuses that Terraform and the Kubernetes controller wait for. All listeners
// serve on it, over HTTP/3 too, also in a process that takes over.
func TestEIPBySDK(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	front := s.Listen(t, nil)
	sdk := s.ENS

	create := ens.CreateCreateEipInstanceRequest()
	create.EnsRegionId, create.InstanceChargeType, create.InternetChargeType = "local", "PostPaid", "95BandwidthByMonth"
	create.Name, create.Bandwidth, create.Isp = "shop", requests.NewInteger(10), "cmcc"
	made, err := sdk.CreateEipInstance(create)
	if err != nil || !strings.HasPrefix(made.AllocationId, "eip-") {
		t.Fatalf("%+v, %v", made, err)
	}
	describe := func(associated string) ens.EipAddress {
		t.Helper()
		request := ens.CreateDescribeEnsEipAddressesRequest()
		request.AllocationId, request.AssociatedInstanceId = made.AllocationId, associated
		got, err := sdk.DescribeEnsEipAddresses(request)
		if err != nil || len(got.EipAddresses.EipAddress) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got.EipAddresses.EipAddress[0]
	}
	eip := describe("")
	if eip.Status != "Available" || eip.Name != "shop" || eip.Bandwidth != 10 || eip.Isp != "cmcc" || eip.ChargeType != "PostPaid" || eip.Description != "" {
		t.Errorf("got %+v", eip)
	}
	associate := ens.CreateAssociateEnsEipAddressRequest()
	associate.AllocationId, associate.InstanceId, associate.InstanceType = made.AllocationId, s.LoadBalancerID, "SlbInstance"
	if _, err := sdk.AssociateEnsEipAddress(associate); err != nil {
		t.Fatal(err)
	}
	if eip = describe(s.LoadBalancerID); eip.Status != "InUse" || eip.InstanceType != "SlbInstance" || eip.InstanceId != s.LoadBalancerID {
		t.Errorf("got %+v", eip)
	}

	onEIP := &Front{Port: front.Port, Site: &Site{
		SDK: s.SDK, Node: n, LoadBalancerID: s.LoadBalancerID, Address: eip.IpAddress, Certificate: s.Certificate, CertificateID: s.CertificateID,
	}}
	onEIP.awaitServing(t)
	client := onEIP.Client(t, "")
	if got := onEIP.Get(t, client, "/"); got.Status != http.StatusOK || got.Backend != "a" {
		t.Errorf("on the EIP: %+v", got)
	}
	client.CloseIdleConnections() // the end of the process would wait for them
	overQUIC := onEIP.dialQUIC(t, tls.NewLRUClientSessionCache(1))
	_ = overQUIC.conn.CloseWithError(0, "") // it was a request that counts

	s.CloseIdle() // as above: the end of the process would wait for these connections
	next := n.TakeOver(t)
	<-n.done
	if got := onEIP.Get(t, onEIP.Client(t, ""), "/"); got.Status != http.StatusOK || got.Backend != "a" {
		t.Errorf("on the EIP after a takeover: %+v", got)
	}
	w := &world{Client: next.RPC()}
	var listener struct{ Status, StatusReason string }
	w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": front.Port}, &listener)
	if listener.Status != "Running" || listener.StatusReason != "" {
		t.Errorf("got %+v", listener)
	}
	w.must(t, "UnAssociateEnsEipAddress", map[string]string{"AllocationId": made.AllocationId}, nil)
	awaitAccepting(t, onEIP.HostPort(), false)
	w.must(t, "DeleteEip", map[string]string{"InstanceId": made.AllocationId}, nil)
	var all api.DescribeEnsEipAddressesOutput
	if w.must(t, "DescribeEnsEipAddresses", nil, &all); all.TotalCount != 0 {
		t.Errorf("got %+v", all)
	}
}

// addressOf returns the address of an EIP.
func (w *world) addressOf(t *testing.T, eip string) string {
	t.Helper()
	var all api.DescribeEnsEipAddressesOutput
	w.must(t, "DescribeEnsEipAddresses", map[string]string{"AllocationId": eip}, &all)
	if len(all.EipAddresses.EipAddress) != 1 {
		t.Fatalf("%s: %+v", eip, all)
	}
	return all.EipAddresses.EipAddress[0].IPAddress
}

// awaitAccepting waits until connections to an address are accepted, or refused if want is
// false.
func awaitAccepting(t *testing.T, address string, want bool) {
	t.Helper()
	Eventually(t, func() error {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		if (err == nil) != want {
			return fmt.Errorf("dial %s: %v, want it accepted: %t", address, err, want)
		}
		return nil
	})
}

// A TCP listener serves on an EIP and applies changes there. Its open connections survive
// the removal of the EIP.
func TestEIPOfTCPListener(t *testing.T) {
	t.Parallel()
	n := node(t)
	s := NewSite(t, n, newTCPServer(t, "a").Backend)
	at := s.ListenOf(t, "TCP", nil)
	w := &world{Client: n.RPC()}
	eip := w.newEIP(t)
	w.must(t, "AssociateEnsEipAddress", map[string]string{"AllocationId": eip, "InstanceId": s.LoadBalancerID, "InstanceType": "SlbInstance"}, nil)
	onEIP := net.JoinHostPort(w.addressOf(t, eip), portOf(at))
	awaitAccepting(t, onEIP, true)
	c := dialTCP(t, onEIP)
	readText(t, c, 1)
	s.AddBackends(t, 100, newTCPServer(t, "b").Backend)
	Eventually(t, func() error {
		if readText(t, dialTCP(t, onEIP), 1) != "b" {
			return errors.New("no connection goes to the backend that was added")
		}
		return nil
	})
	w.must(t, "UnAssociateEnsEipAddress", map[string]string{"AllocationId": eip}, nil)
	awaitAccepting(t, onEIP, false)
	_, _ = io.WriteString(c, "still")
	if got := readText(t, c, 5); got != "still" {
		t.Errorf("the open connection got %q", got)
	}
	readText(t, dialTCP(t, at), 1)
}

// A UDP listener serves on an EIP, answers from it, and does so in a process that takes
// over. Its port is closed when the EIP is removed.
func TestEIPOfUDPListener(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, newUDPServer(t, "a").Backend)
	at := s.ListenOf(t, "UDP", nil)
	w := &world{Client: n.RPC()}
	eip := w.newEIP(t)
	associate := func() {
		w.must(t, "AssociateEnsEipAddress", map[string]string{"AllocationId": eip, "InstanceId": s.LoadBalancerID, "InstanceType": "SlbInstance"}, nil)
	}
	associate()
	port := portOf(at)
	onEIP := net.JoinHostPort(w.addressOf(t, eip), port)
	Eventually(t, func() error { return onceUDP(onEIP, "aq") })
	w.must(t, "UnAssociateEnsEipAddress", map[string]string{"AllocationId": eip}, nil)
	Eventually(t, func() error {
		if err := onceUDP(onEIP, "aq"); !errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("%s: got %v, want a refusal", onEIP, err)
		}
		return nil
	})
	if got := askUDP(t, at, "q"); got != "aq" {
		t.Errorf("the own address: got %q", got)
	}

	associate()
	Eventually(t, func() error { return onceUDP(onEIP, "aq") })
	next := n.TakeOver(t)
	for _, address := range []string{onEIP, at} {
		if got := askUDP(t, address, "q"); got != "aq" {
			t.Errorf("%s after a takeover: got %q", address, got)
		}
	}
	w = &world{Client: next.RPC()}
	var listener struct{ Status, StatusReason string }
	w.must(t, "DescribeLoadBalancerUDPListenerAttribute", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port}, &listener)
	if listener.Status != "Running" || listener.StatusReason != "" {
		t.Errorf("got %+v", listener)
	}
}

// onceUDP sends one datagram, q, and returns an error if the answer is wrong. The socket
// is connected, so that it receives nothing from other addresses.
func onceUDP(at, want string) error {
	c, err := net.Dial("udp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte("q")); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err == nil && string(buf[:n]) != want {
		err = fmt.Errorf("%s answered %q, want %q", at, buf[:n], want)
	}
	return err
}

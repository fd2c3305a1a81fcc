package elbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"elbow/internal/api"
)

// onlyIPv6 runs the test in a network namespace of its own, with ::1 as the only address.
// Sockets and processes of the test's own goroutine are in it. At the end of the test its
// thread returns to its former namespace. The thread must not exit, because the kernel
// would kill every node that was started from it (PR_SET_PDEATHSIG refers to the thread),
// including nodes of other tests.
func onlyIPv6(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	before, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		before.Close()
		runtime.UnlockOSThread()
		t.Skipf("a network of its own needs CAP_SYS_ADMIN: %v", err)
	}
	t.Cleanup(func() {
		defer before.Close()
		if err := unix.Setns(int(before.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Errorf("return to the network of the machine: %v", err)
			return // and the thread exits
		}
		runtime.UnlockOSThread()
	})
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := netlink.AddrList(lo, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if err := netlink.AddrDel(lo, &a); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that was started from the thread of a test with a network namespace outlives
// that test. Nodes of other tests may be started so.
func TestNodesOutliveNetworks(t *testing.T) {
	t.Parallel()
	for range 3 { // the main thread never exits
		outlivesNetwork(t)
	}
}

func outlivesNetwork(t *testing.T) {
	other := exec.Command("cat")
	other.SysProcAttr = child()
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("network", func(t *testing.T) {
		runtime.LockOSThread() // so that its thread is in the namespace
		defer runtime.UnlockOSThread()
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		onlyIPv6(t)
	})
	for range 1000 { // long enough for the thread to exit
		_, _ = in.Write([]byte("x")) // an error shows when reading
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Errorf("it ended with its thread: %v", err)
			break
		}
	}
	_ = in.Close() // it ends then
	if err := other.Wait(); err != nil {
		t.Error(err)
	}
}

// On a machine with IPv6 only, the start fails with a message that names the flags to set,
// and writes nothing. With these flags the node serves.
func TestMachineWithIPv6Alone(t *testing.T) {
	t.Parallel()
	onlyIPv6(t)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{Options: Options{Dir: t.TempDir(), Binary: program, API: "127.0.0.1:8095", VSwitch: "127.8.0.0/16"}, Admin: "127.0.0.1:8096"}
	err = n.launch()
	if err == nil {
		n.Kill()
		t.Fatal("it started")
	}
	for _, want := range []string{"-api: listen tcp 127.0.0.1:8095", "IPv6 alone", "give -api [::1]:8095", "-admin: ", "give -admin [::1]:8096", "-vswitch of IPv6"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	n.API, n.Admin, n.VSwitch = "[::1]:8095", "[::1]:8096", "fd00:8::/112"
	n.Args, n.EIPs = []string{"-manage-addresses"}, "fd00:9::/126"
	if err := n.launch(); err != nil {
		t.Fatal(err)
	}
	n.endWith(t)
	// The client dials from this goroutine, because its others are not in the namespace.
	conn, err := net.Dial("tcp", n.API)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := n.RPC()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	defer transport.CloseIdleConnections()
	c.HTTP = &http.Client{Transport: transport}
	text, err := c.Call(t.Context(), api.EnsVersion, "CreateLoadBalancer", LoadBalancerParams())
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ LoadBalancerID string }
	if err := json.Unmarshal(text, &made); err != nil {
		t.Fatal(err)
	}
	text, err = c.Call(t.Context(), api.EnsVersion, "DescribeLoadBalancerAttribute", map[string]string{"LoadBalancerId": made.LoadBalancerID})
	if err != nil || !strings.Contains(string(text), `"Address":"fd00:8::`) {
		t.Errorf("got %s, %v", text, err)
	}
	managedEIP(t, &world{Client: c, node: n}, made.LoadBalancerID)
	n.Stop(t)
}

// managedEIP checks that the address of an EIP is added to lo when a listener needs it,
// and removed afterwards.
func managedEIP(t *testing.T, w *world, lb string) {
	t.Helper()
	pair := NewCertificate(t, SiteName)
	var uploaded struct{ CertID int64 }
	w.must(t, "UploadUserCertificate", map[string]string{"Name": "managed", "Cert": pair.Chain, "Key": pair.Key}, &uploaded)
	listener := map[string]string{"LoadBalancerId": lb, "ListenerPort": "8443"}
	w.must(t, "CreateLoadBalancerHTTPSListener", with(listener, "HealthCheck", "off", "ServerCertificateId", strconv.FormatInt(uploaded.CertID, 10)), nil)
	eip := w.newEIP(t)
	w.must(t, "AssociateEnsEipAddress", map[string]string{"AllocationId": eip, "InstanceId": lb}, nil)
	w.must(t, "StartLoadBalancerListener", listener, nil)
	const onEIP = "[fd00:9::1]:8443"
	awaitAccepting(t, onEIP, true)
	Eventually(t, func() error { // the socket is open before the status changes
		var told struct{ Status, StatusReason string }
		w.must(t, "DescribeLoadBalancerHTTPSListenerAttribute", listener, &told)
		if told.Status != "Running" || told.StatusReason != "" {
			return fmt.Errorf("got %+v", told)
		}
		return nil
	})
	w.must(t, "UnAssociateEnsEipAddress", map[string]string{"AllocationId": eip}, nil)
	awaitAccepting(t, onEIP, false)
	Eventually(t, func() error { // the address is removed once no exchange uses it
		l, err := net.Listen("tcp", "[fd00:9::1]:0")
		if err == nil {
			_ = l.Close()
			return errors.New("the address of the EIP is still on an interface")
		}
		return nil
	})
}

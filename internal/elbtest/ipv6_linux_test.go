package elbtest

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"elbow/internal/api"
)

// onlyIPv6 runs the test in a network of its own that has ::1 and no other address.
// What the test's own goroutine opens and starts is in there.
func onlyIPv6(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skipf("a network of its own needs CAP_SYS_ADMIN: %v", err)
	}
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

// On a machine with IPv6 alone the start says that the defaults do not fit and what
// to give instead, writes nothing, and with that a node serves.
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
	n.Args = []string{"-manage-addresses"}
	if err := n.launch(); err != nil {
		t.Fatal(err)
	}
	n.endWith(t)
	// A client's goroutines are not all in this network: it dials here.
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
	n.Stop(t)
}

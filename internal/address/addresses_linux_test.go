package address

import (
	"net"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

// inOwnNetwork runs the test in a new network namespace, so that it does not
// change the machine's.
func inOwnNetwork(t *testing.T) netlink.Link {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test
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
	return lo
}

func open(t *testing.T) *Addresses {
	t.Helper()
	return openAs(t, "this one")
}

func openAs(t *testing.T, owner string) *Addresses {
	t.Helper()
	a, err := OpenAddresses(owner)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func assign(t *testing.T, a *Addresses, ip string) {
	t.Helper()
	if err := a.Assign(netip.MustParseAddr(ip)); err != nil {
		t.Fatalf("assign %s: %v", ip, err)
	}
}

// onLo lists the addresses of lo except 127.0.0.1 and ::1.
func onLo(t *testing.T, lo netlink.Link) []string {
	t.Helper()
	all, err := netlink.AddrList(lo, netlink.FAMILY_ALL)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, a := range all {
		if s := a.IP.String(); s != "127.0.0.1" && s != "::1" {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return list
}

func wantOnLo(t *testing.T, lo netlink.Link, want ...string) {
	t.Helper()
	if got := onLo(t, lo); !slices.Equal(got, want) {
		t.Errorf("on lo: %v, want %v", got, want)
	}
}

func TestAssignedAddressCanBeBound(t *testing.T) {
	inOwnNetwork(t)
	a := open(t)
	for _, ip := range []string{"192.0.2.7", "2001:db8::7"} {
		hostPort := net.JoinHostPort(ip, "0")
		if l, err := net.Listen("tcp", hostPort); err == nil {
			l.Close()
			t.Fatalf("%s could be bound before it was assigned", ip)
		}
		assign(t, a, ip)
		l, err := net.Listen("tcp", hostPort)
		if err != nil {
			t.Fatalf("%s is assigned and cannot be bound: %v", ip, err)
		}
		l.Close()
	}
}

func TestKeepTakesAwayWhatIsNotNeeded(t *testing.T) {
	lo := inOwnNetwork(t)
	a := open(t)
	assign(t, a, "192.0.2.1")
	assign(t, a, "192.0.2.2")
	assign(t, a, "2001:db8::1")
	a.Keep(map[netip.Addr]bool{netip.MustParseAddr("192.0.2.2"): true})
	wantOnLo(t, lo, "192.0.2.2")
	a.Keep(nil)
	wantOnLo(t, lo)
}

func TestAddressesOfOthersStay(t *testing.T) {
	lo := inOwnNetwork(t)
	theirs := &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(192, 0, 2, 1), Mask: net.CIDRMask(32, 32)}}
	if err := netlink.AddrAdd(lo, theirs); err != nil {
		t.Fatal(err)
	}
	a := open(t)
	assign(t, a, "192.0.2.1")
	a.Keep(nil)
	wantOnLo(t, lo, "192.0.2.1")
}

func TestLeftoversOfAKilledProcessAreTakenAway(t *testing.T) {
	lo := inOwnNetwork(t)
	assign(t, open(t), "192.0.2.1")
	next := open(t)
	next.Keep(nil)
	wantOnLo(t, lo)
}

// Two programs on one machine do not remove each other's addresses.
func TestAddressesOfAnotherOwnerStay(t *testing.T) {
	lo := inOwnNetwork(t)
	assign(t, open(t), "192.0.2.1")
	openAs(t, "another one").Keep(nil)
	wantOnLo(t, lo, "192.0.2.1")
}

// An address that an administrator removed by hand causes no error.
func TestKeepForgetsWhatIsGone(t *testing.T) {
	lo := inOwnNetwork(t)
	a := open(t)
	ip := netip.MustParseAddr("192.0.2.1")
	assign(t, a, ip.String())
	if err := netlink.AddrDel(lo, a.host(ip)); err != nil {
		t.Fatal(err)
	}
	a.Keep(nil)
	if len(a.ours) != 0 {
		t.Errorf("still ours: %v", a.ours)
	}
}

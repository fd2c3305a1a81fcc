#!/usr/bin/env bash
# Socket options that are set on a listener of Go's net package and accepted without an error are lost on the connections.
#
# Versions: Go 1.24 or later (seen with 1.26.8), golang.org/x/sys v0.50.0, Linux 6.18.44 with net.mptcp.enabled=1.
#
# Expected: servers commonly set options once on the listening socket (net.ListenConfig.Control), because connections inherit
# them and a system call for each connection is saved. Go's listeners are MPTCP sockets since 1.24; a client that does not
# speak MPTCP gets a plain TCP connection. So an option which the listener accepted should be in force on the connection, and
# one which cannot be should be refused. The guess before looking was: what setsockopt accepted is inherited as from a TCP listener.
#
# What happens: of options that the listener accepts, TCP_NOTSENT_LOWAT and SO_RCVLOWAT are not in force on an accepted
# connection of an ordinary TCP client, while TCP_KEEPIDLE and TCP_CONGESTION are. TCP_USER_TIMEOUT, IP_TTL and IP_MINTTL (GTSM) are
# refused. On a listener with SetMultipathTCP(false) all of them are accepted and inherited.
#
# Why it matters: a proxy that bounds the unsent bytes of a connection by TCP_NOTSENT_LOWAT on its listener buffers megabytes for
# each slow client instead, and nothing says so: neither an error nor the listener's own getsockopt.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

[ "$(cat /proc/sys/net/mptcp/enabled 2>/dev/null)" = 1 ] || { echo "the kernel has no MPTCP, or it is switched off"; exit 2; }

cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

var options = []struct {
	name          string
	level, option int
	value         int
}{
	{"TCP_NOTSENT_LOWAT", unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 16384},
	{"SO_RCVLOWAT", unix.SOL_SOCKET, unix.SO_RCVLOWAT, 77},
	{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 71},
	{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 9000},
	{"IP_TTL", unix.IPPROTO_IP, unix.IP_TTL, 200},
	{"IP_MINTTL", unix.IPPROTO_IP, unix.IP_MINTTL, 60},
}

// inherited sets each option on a new listener and returns, for each, what an
// accepted connection has: "inherited", "lost" or "refused".
func inherited(multipath bool) (found []string) {
	for _, o := range options {
		lc := net.ListenConfig{KeepAlive: -1}
		if !multipath {
			lc.SetMultipathTCP(false)
		}
		l, err := lc.Listen(context.Background(), "tcp4", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		defer l.Close()
		raw, _ := l.(*net.TCPListener).SyscallConn()
		raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), o.level, o.option, o.value) })
		if err != nil {
			found = append(found, "refused")
			continue
		}
		client, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			panic(err)
		}
		defer client.Close()
		server, err := l.Accept()
		if err != nil {
			panic(err)
		}
		defer server.Close()
		var got int
		raw, _ = server.(*net.TCPConn).SyscallConn()
		raw.Control(func(fd uintptr) { got, err = unix.GetsockoptInt(int(fd), o.level, o.option) })
		if err == nil && got == o.value {
			found = append(found, "inherited")
		} else {
			found = append(found, "lost")
		}
	}
	return found
}

func main() {
	mptcp, tcp := inherited(true), inherited(false)
	want := []string{"lost", "lost", "inherited", "refused", "refused", "refused"}
	fmt.Printf("%-18s %-18s %s\n", "option", "default listener", "SetMultipathTCP(false)")
	for i, o := range options {
		fmt.Printf("%-18s %-18s %s\n", o.name, mptcp[i], tcp[i])
		if mptcp[i] != want[i] || tcp[i] != "inherited" {
			fmt.Println("this has changed")
			os.Exit(1)
		}
	}
}
GO
cat >go.mod <<'GO'
module finding

go 1.24

require golang.org/x/sys v0.50.0
GO
export GOFLAGS=-mod=mod CGO_ENABLED=0
go version
uname -sr
go run .

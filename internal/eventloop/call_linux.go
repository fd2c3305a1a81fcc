package eventloop

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These system calls are made without notifying the scheduler, as in package socket:
// on non-blocking descriptors they return in microseconds.

// Family returns the address family of sockets for an address.
func Family(addr netip.AddrPort) int {
	if addr.Addr().Unmap().Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// NewFD opens a non-blocking socket of a family and a kind, SOCK_STREAM or SOCK_DGRAM.
func NewFD(family, kind int) (int, syscall.Errno) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_SOCKET, uintptr(family), uintptr(kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC), 0)
	return int(fd), e
}

// ConnectFD connects a non-blocking socket, or begins to.
func ConnectFD(fd int, to netip.AddrPort) syscall.Errno {
	var name unix.RawSockaddrInet6
	n := PutAddrPort(&name, to)
	_, _, e := syscall.RawSyscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&name)), uintptr(n))
	return e
}

// CloseFD closes a descriptor, which takes it out of all sets.
func CloseFD(fd int) { _, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0) }

// PutAddrPort writes an address as the kernel reads it, and returns its length in bytes.
// A RawSockaddrInet4 is shorter than name, with the same first fields.
func PutAddrPort(name *unix.RawSockaddrInet6, to netip.AddrPort) (n uint32) {
	*name = unix.RawSockaddrInet6{}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
	if ip := to.Addr().Unmap(); ip.Is4() {
		name.Family = unix.AF_INET
		(*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr = ip.As4()
		return unix.SizeofSockaddrInet4
	}
	name.Family, name.Addr = unix.AF_INET6, to.Addr().As16()
	return unix.SizeofSockaddrInet6
}

// AddrPort returns the address that the kernel has written to name.
func AddrPort(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}

// Grown returns a table by descriptor, extended to include fd.
func Grown[T any](table []*T, fd int) []*T {
	if missing := fd + 1 - len(table); missing > 0 {
		table = slices.Grow(table, missing)
		table = table[:cap(table)]
	}
	return table
}

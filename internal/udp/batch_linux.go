package udp

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A batch is a number of datagrams that are read or written with one system call.
type batch struct {
	messages [batchSize]message
	vectors  [batchSize]unix.Iovec
	names    [batchSize]unix.RawSockaddrInet6 // that of IPv4 is shorter and begins alike
	bytes    []byte                           // batchSize times maxDatagram
}

// batchSize is how many datagrams are read at once: at 16 a call is 1/8 of what it costs
// to pass one of them on.
const batchSize = 16

// A message is a struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
	_      [unsafe.Sizeof(uintptr(0)) - 4]byte
}

func newBatch() *batch {
	b := &batch{bytes: make([]byte, batchSize*maxDatagram)}
	for i := range b.messages {
		b.vectors[i].Base = &b.bytes[i*maxDatagram]
		b.messages[i].header.Iov = &b.vectors[i]
		b.messages[i].header.SetIovlen(1)
		b.messages[i].header.Name = (*byte)(unsafe.Pointer(&b.names[i]))
	}
	return b
}

// room prepares the messages from i on to be read into.
func (b *batch) room(i, n int) {
	for ; n > 0; i, n = i+1, n-1 {
		b.vectors[i].SetLen(maxDatagram)
		b.messages[i].header.Namelen = unix.SizeofSockaddrInet6
		b.messages[i].header.Flags = 0
	}
}

// datagram is what was read into message i.
func (b *batch) datagram(i int) []byte {
	return b.bytes[i*maxDatagram:][:b.messages[i].length]
}

// from is the address that message i came from.
func (b *batch) from(i int) netip.AddrPort {
	name := &b.names[i]
	port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:])
	if name.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), port)
}

// address prepares message i, which was read, to be written to a client through a socket
// of the family.
func (b *batch) address(i int, to netip.AddrPort) {
	name := &b.names[i]
	*name = unix.RawSockaddrInet6{}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&name.Port))[:], to.Port())
	if to.Addr().Is4() {
		name.Family = unix.AF_INET
		(*unix.RawSockaddrInet4)(unsafe.Pointer(name)).Addr = to.Addr().As4()
		b.messages[i].header.Namelen = unix.SizeofSockaddrInet4
	} else {
		name.Family = unix.AF_INET6
		name.Addr = to.Addr().As16()
		b.messages[i].header.Namelen = unix.SizeofSockaddrInet6
	}
	b.vectors[i].SetLen(int(b.messages[i].length))
}

// receive reads into the messages from i on, up to n of them.
func (b *batch) receive(fd, i, n int) (int, syscall.Errno) {
	b.room(i, n)
	return b.call(unix.SYS_RECVMMSG, fd, i, n)
}

// send writes n messages from i on.
func (b *batch) send(fd, i, n int) (int, syscall.Errno) { return b.call(unix.SYS_SENDMMSG, fd, i, n) }

func (b *batch) call(number uintptr, fd, i, n int) (int, syscall.Errno) {
	for {
		m, _, e := syscall.RawSyscall6(number, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[i])), uintptr(n), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch e {
		case 0:
			return int(m), 0
		case unix.EINTR:
		default:
			return 0, e
		}
	}
}

// write sends a datagram through a connected socket.
func write(fd int, p []byte) syscall.Errno {
	for {
		_, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if e != unix.EINTR {
			return e
		}
	}
}

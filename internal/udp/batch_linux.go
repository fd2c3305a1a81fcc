package udp

import (
	"net/netip"
	"syscall"
	"unsafe"

	"elbow/internal/eventloop"

	"golang.org/x/sys/unix"
)

// A batch holds datagrams that are read or written with one system call.
type batch struct {
	messages [batchSize]message
	vectors  [batchSize]unix.Iovec
	names    [batchSize]unix.RawSockaddrInet6 // RawSockaddrInet4 has the same first fields
	bytes    []byte                           // batchSize times maxDatagram
}

// batchSize is the number of datagrams that are read at once. At 16 the system call is 1/8 of
// the cost of forwarding a datagram.
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

// room prepares n messages from i on for reading.
func (b *batch) room(i, n int) {
	for ; n > 0; i, n = i+1, n-1 {
		b.vectors[i].SetLen(maxDatagram)
		b.messages[i].header.Namelen = unix.SizeofSockaddrInet6
		b.messages[i].header.Flags = 0
	}
}

// datagram returns what was read into message i.
func (b *batch) datagram(i int) []byte {
	return b.bytes[i*maxDatagram:][:b.messages[i].length]
}

// from returns the source address of message i.
func (b *batch) from(i int) netip.AddrPort { return eventloop.AddrPort(&b.names[i]) }

// address prepares message i, which was read, for sending to a client.
func (b *batch) address(i int, to netip.AddrPort) {
	b.messages[i].header.Namelen = eventloop.PutAddrPort(&b.names[i], to)
	b.vectors[i].SetLen(int(b.messages[i].length))
}

// receive reads up to n datagrams into the messages from i on.
func (b *batch) receive(fd, i, n int) (int, syscall.Errno) {
	b.room(i, n)
	return b.call(unix.SYS_RECVMMSG, fd, i, n)
}

// send sends n messages from i on.
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

// disconnect removes the peer and the local port of a socket (connect(2), AF_UNSPEC).
func disconnect(fd int) bool {
	name := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, e := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&name)), unsafe.Sizeof(name))
	return e == 0
}

// discard reads and discards one datagram of a socket, or a pending error.
func discard(fd int) syscall.Errno {
	var b [1]byte
	_, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b)), 1, unix.MSG_DONTWAIT, 0, 0)
	return e
}

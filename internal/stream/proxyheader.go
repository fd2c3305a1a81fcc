package stream

import (
	"encoding/binary"
	"net/netip"
)

// appendProxyHeader appends the binary header of the PROXY protocol, version 2, for a
// connection from client to local. If their families differ, both are written as IPv6.
func appendProxyHeader(dst []byte, client, local netip.AddrPort) []byte {
	dst = append(dst, "\r\n\r\n\x00\r\nQUIT\n"...) // signature
	dst = append(dst, 0x21)                        // version 2, command PROXY
	from, to := client.Addr().Unmap(), local.Addr().Unmap()
	if from.Is4() && to.Is4() {
		dst = append(dst, 0x11, 0, 12) // TCP over IPv4, length of the rest
		a, b := from.As4(), to.As4()
		dst = append(dst, a[:]...)
		dst = append(dst, b[:]...)
	} else {
		dst = append(dst, 0x21, 0, 36) // TCP over IPv6, length of the rest
		a, b := from.As16(), to.As16()
		dst = append(dst, a[:]...)
		dst = append(dst, b[:]...)
	}
	dst = binary.BigEndian.AppendUint16(dst, client.Port())
	return binary.BigEndian.AppendUint16(dst, local.Port())
}

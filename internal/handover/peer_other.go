//go:build !linux

package handover

import (
	"net"
)

// peer relies on the mode of the socket: only its owner can connect.
func peer(*net.UnixConn) (pid int, err error) { return 0, nil }

// InDirectory calls use with the path, which must fit a socket's address, some
// 100 bytes.
func InDirectory(path string, use func(name string) error) error { return use(path) }

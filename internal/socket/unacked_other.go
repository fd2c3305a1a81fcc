//go:build !linux

package socket

import "syscall"

// unacked returns 0: acknowledgements are known on Linux only.
func unacked(raw syscall.RawConn) (n int, err error) { return 0, raw.Control(func(uintptr) {}) }

func unackedFD(uintptr) (int, error) { return 0, nil }

//go:build !linux

package socket

// Unacked returns 0: acknowledgements are known on Linux only.
func (c *Conn) Unacked() (n int, err error) { return 0, c.raw.Control(func(uintptr) {}) }

func unackedFD(uintptr) (int, error) { return 0, nil }

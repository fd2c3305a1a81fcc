//go:build !linux

package socket

// Unacked returns 0: what the other side's TCP has acknowledged is known on Linux
// alone.
func (c *Conn) Unacked() (n int, err error) { return 0, c.raw.Control(func(uintptr) {}) }

func unackedFD(uintptr) (int, error) { return 0, nil }

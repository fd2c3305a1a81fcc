//go:build !linux

package node

// givenMemory returns how much memory this process may use, in bytes. 0: unknown.
func givenMemory() int64 { return 0 }

//go:build !linux

package node

// givenMemory is how much memory this process may have, in bytes. 0: nobody
// knows.
func givenMemory() int64 { return 0 }

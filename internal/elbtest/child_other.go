//go:build !linux

package elbtest

import "syscall"

// child returns process attributes as on Linux, but a node outlives a test process that is
// killed.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

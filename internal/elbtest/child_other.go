//go:build !linux

package elbtest

import "syscall"

// child is as on Linux, but a node outlives a test process that is killed.
func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

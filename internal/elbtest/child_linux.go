package elbtest

import "syscall"

// child returns process attributes with which a node does not get the terminal's Ctrl-C,
// which ends the test and so the node, and ends with the test process if that is killed or
// times out.
func child() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

package elbtest

import "syscall"

// child makes a node leave a Ctrl-C to the test, which ends the node, and end
// with the test process if that is killed or runs out of time.
func child() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

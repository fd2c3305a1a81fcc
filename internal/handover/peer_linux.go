package handover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// peer returns the pid of the process at the other end. A process of another user
// is refused: it would be given private keys.
func peer(c *net.UnixConn) (pid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var credentials *unix.Ucred
	if ctl := raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); ctl != nil || err != nil {
		return 0, errors.Join(ctl, err)
	}
	if uid := os.Getuid(); int(credentials.Uid) != uid {
		return 0, fmt.Errorf("process %d belongs to user %d, this one to user %d: both have to be the same", credentials.Pid, credentials.Uid, uid)
	}
	return int(credentials.Pid), nil
}

// maxPath is the maximum length of a socket's address, without the final 0.
const maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

// InDirectory calls use with a name for path that is short enough for a socket's
// address, however deep the directory is.
func InDirectory(path string, use func(name string) error) error {
	if len(path) <= maxPath {
		return use(path)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return use(fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)))
}

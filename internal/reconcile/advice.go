package reconcile

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// advise says what an operator can do about a socket that could not be opened.
// Describe calls and the log show the text.
func advise(at netip.AddrPort, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another process on this machine listens on %s: end it, or use another port: %w", at, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		ip := at.Addr()
		return fmt.Errorf("no interface of this machine has the address %s: add it (ip address add %s/%d dev lo), "+
			"or start elbow with -manage-addresses: %w", ip, ip, ip.BitLen(), err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("this process may not listen on port %d: "+
			"give it CAP_NET_BIND_SERVICE, or use a port from 1024: %w", at.Port(), err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("too many files are open: raise the limit of open files (ulimit -n): %w", err)
	}
	return err
}

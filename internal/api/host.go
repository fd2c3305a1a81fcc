package api

import (
	"net/netip"
	"strconv"
	"strings"
)

// validHost reports whether s is valid in a Host field (RFC 9110, 7.2): a domain
// name, an IPv4 address or an IPv6 address in brackets, with or without a port.
func validHost(s string) bool {
	host, port, ported := s, "", false
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port, ported = s[:i], s[i+1:], true
	}
	if ported && !validPort(port) {
		return false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	return validName(host)
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0'
}

// validName reports whether s is a valid host name (RFC 1123, 2.1), underscores
// allowed, or an IPv4 address. If the last label has only digits, s must be an
// address.
func validName(s string) bool {
	s = strings.TrimSuffix(s, ".") // the root, as in resolvers
	labels := strings.Split(s, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || !only(label, letters+digits+"-_") ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	if only(labels[len(labels)-1], digits) {
		addr, err := netip.ParseAddr(s)
		return err == nil && addr.Is4()
	}
	return true
}

// maxLabel is the length of the longest part of a domain name (RFC 1035, 2.3.4).
const maxLabel = 63

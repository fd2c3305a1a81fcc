package elb

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// An Instance is a registered server: backends may name it by its id alone.
type Instance struct {
	ID         string // i-…, or eni-… for a network interface without an instance
	Name       string
	RegionID   string
	NetworkID  string
	VSwitchID  string
	Address    netip.Addr // invalid if DomainName is set
	DomainName string     `json:",omitempty"` // lower case; its addresses are those of the server
	CreateTime time.Time
	Tags       []Tag `json:",omitempty"`
}

// Interface is the id of the network interface with the address.
func (i *Instance) Interface() string {
	if name, found := strings.CutPrefix(i.ID, "i-"); found {
		return "eni-" + name
	}
	return i.ID
}

// An InstanceRange registers all servers of a network at once: i-a-b-c-d has the
// address a.b.c.d, if that is in the range.
type InstanceRange struct {
	CIDR       netip.Prefix // of IPv4
	CreateTime time.Time
}

// AddressInID returns the address in an id of the form i-a-b-c-d or eni-a-b-c-d.
func AddressInID(id string) (netip.Addr, bool) {
	name, found := strings.CutPrefix(id, "i-")
	if !found {
		name, found = strings.CutPrefix(id, "eni-")
	}
	parts := strings.Split(name, "-")
	if !found || len(parts) != 4 {
		return netip.Addr{}, false
	}
	var b [4]byte
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || strconv.FormatUint(n, 10) != part {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

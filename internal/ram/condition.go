package ram

import (
	"net/netip"
	"strconv"
	"time"
)

// Conditions are the properties of a call besides its action and resource.
type Conditions struct {
	SourceIP        netip.Addr // acs:SourceIp
	SecureTransport bool       // acs:SecureTransport: the call came over TLS
	CurrentTime     time.Time  // acs:CurrentTime
	MFAPresent      bool       // acs:MFAPresent: signed in with a second factor; an access key never is
	ExternalID      string     // sts:ExternalId: of an AssumeRole call; in trust policies only
}

// A condition is one key of an operator's block. It holds if any of its values
// matches or, with a negated operator, if none does.
type condition struct {
	negated bool
	values  []test
}

// A test compares one value of a policy with the same key of a call.
type test func(Conditions) bool

func (c condition) holds(now Conditions) bool {
	for _, matches := range c.values {
		if matches(now) {
			return !c.negated
		}
	}
	return c.negated
}

// A key has one accessor for each kind of operator that applies to it; the others
// are nil.
type key struct {
	name    string
	text    func(Conditions) string
	number  func(Conditions) float64
	date    func(Conditions) time.Time
	boolean func(Conditions) bool
	address func(Conditions) netip.Addr
}

// externalID is a key of trust policies.
var externalID = key{name: "sts:ExternalId", text: func(c Conditions) string { return c.ExternalID }}

// conditionKey returns the key of that name, if there is one.
func conditionKey(name string) (key, bool) {
	k := key{name: name}
	switch name {
	case "acs:SourceIp":
		k.address = func(c Conditions) netip.Addr { return c.SourceIP.Unmap() }
		k.text = func(c Conditions) string { return c.SourceIP.Unmap().String() }
	case "acs:SecureTransport":
		k.boolean = func(c Conditions) bool { return c.SecureTransport }
		k.text = func(c Conditions) string { return strconv.FormatBool(c.SecureTransport) }
	case "acs:MFAPresent":
		k.boolean = func(c Conditions) bool { return c.MFAPresent }
		k.text = func(c Conditions) string { return strconv.FormatBool(c.MFAPresent) }
	case "acs:CurrentTime": // as a number, in Unix seconds
		k.date = func(c Conditions) time.Time { return c.CurrentTime }
		k.number = func(c Conditions) float64 { return float64(c.CurrentTime.Unix()) }
		k.text = func(c Conditions) string { return c.CurrentTime.UTC().Format(time.RFC3339) }
	default:
		return k, false
	}
	return k, true
}

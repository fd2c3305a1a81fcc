package elb

import "crypto/rand"

// Alphabets of identifiers. The lower-case one is that of ENS resources, the
// mixed one that of access keys.
const (
	decimal   = "0123456789"
	lowerCase = decimal + "abcdefghijklmnopqrstuvwxyz"
	mixedCase = lowerCase + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// NewLoadBalancerID returns a random id like lb-5s8w63yydi59w7klaikam: 21
// characters hold 108 random bits, so that ids cannot be guessed and do not
// collide.
func NewLoadBalancerID() string { return "lb-" + random(21, lowerCase) }

// NewNetworkID returns a random id of a network.
func NewNetworkID() string { return "n-" + random(21, lowerCase) }

// NewVSwitchID returns a random id of a vSwitch.
func NewVSwitchID() string { return "vsw-" + random(21, lowerCase) }

// NewEIPID returns a random id of an EIP.
func NewEIPID() string { return "eip-" + random(21, lowerCase) }

// NewAccountID returns the random 16 digits of an account.
func NewAccountID() string { return number(16) }

// NewUserID returns the random 18 digits of a RAM user.
func NewUserID() string { return number(18) }

// NewRoleID returns the random 18 digits of a role.
func NewRoleID() string { return number(18) }

// SessionKeyPrefix is the prefix of the access keys of role sessions, and of no
// others.
const SessionKeyPrefix = "STS."

// NewSessionKeyID returns the random public half of a session's access key.
func NewSessionKeyID() string { return SessionKeyPrefix + random(20, mixedCase) }

// NewGroupID returns the random 18 digits of a group.
func NewGroupID() string { return number(18) }

// NewAccessKeyID returns the random public half of an access key, like
// LTAI5tBzbS9BwFDkvQ4XmtMs.
func NewAccessKeyID() string { return "LTAI" + random(20, mixedCase) }

// NewAccessKeySecret returns the random secret half of an access key: 30
// characters hold 178 random bits.
func NewAccessKeySecret() string { return random(30, mixedCase) }

// number returns n random digits of which the first is not 0.
func number(n int) string { return random(1, decimal[1:]) + random(n-1, decimal) }

// random returns n random characters of alphabet, all equally likely.
func random(n int, alphabet string) string {
	name := make([]byte, 0, n)
	buf := make([]byte, n)
	fair := 256 - 256%len(alphabet) // bytes from here on would favour the first characters
	for len(name) < n {
		_, _ = rand.Read(buf) // never fails: crypto/rand ends the program instead
		for _, b := range buf {
			if int(b) < fair && len(name) < n {
				name = append(name, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(name)
}

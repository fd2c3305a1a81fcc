package elb

import (
	"regexp"
	"testing"
)

func TestNames(t *testing.T) {
	for _, tt := range []struct {
		what string
		draw func() string
		want string
	}{
		{"load balancer", NewLoadBalancerID, `^lb-[0-9a-z]{21}$`},
		{"network", NewNetworkID, `^n-[0-9a-z]{21}$`},
		{"vSwitch", NewVSwitchID, `^vsw-[0-9a-z]{21}$`},
		{"EIP", NewEIPID, `^eip-[0-9a-z]{21}$`},
		{"account", NewAccountID, `^[1-9][0-9]{15}$`},
		{"user", NewUserID, `^[1-9][0-9]{17}$`},
		{"access key", NewAccessKeyID, `^LTAI[0-9A-Za-z]{20}$`},
		{"secret", NewAccessKeySecret, `^[0-9A-Za-z]{30}$`},
	} {
		t.Run(tt.what, func(t *testing.T) {
			pattern := regexp.MustCompile(tt.want)
			seen := make(map[string]bool)
			for range 1000 {
				name := tt.draw()
				if !pattern.MatchString(name) {
					t.Fatalf("got %q, want %s", name, tt.want)
				}
				if seen[name] {
					t.Fatalf("got %q twice", name)
				}
				seen[name] = true
			}
		})
	}
}

// Every character of the alphabet occurs, the last one too: a wrong bound would
// leave some out.
func TestRandomUsesTheWholeAlphabet(t *testing.T) {
	count := make(map[rune]int)
	for _, r := range random(62*1000, mixedCase) {
		count[r]++
	}
	for _, r := range mixedCase {
		// 1000 expected, standard deviation 31: seven of them to either side.
		if n := count[r]; n < 780 || n > 1220 {
			t.Errorf("%q was drawn %d times of 62000, want about 1000", r, n)
		}
	}
}

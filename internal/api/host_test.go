package api

import (
	"strings"
	"testing"
)

func TestHealthCheckDomain(t *testing.T) {
	label := strings.Repeat("a", 63)
	for text, want := range map[string]bool{
		"a.test": true, "a": true, "localhost": true, "A.Test": true, "xn--bcher-kva.example": true, "_dmarc.a.test": true, "a_b.test": true,
		"a.test.": true, "a.test:1": true, "a.test:80": true, "a.test:65535": true, "a.test.:80": true, "1.a.test": true, "0x7f.1.test": true,
		"10.0.0.1": true, "10.0.0.1:80": true, "[::1]": true, "[::1]:80": true, "[2001:db8::7]": true, "[::ffff:10.0.0.1]": true,
		label + ".test": true,

		"[": false, "]": false, "[]": false, "[]:80": false, "::::": false, "::": false, "::1": false, "2001:db8::7": false, ":": false, ":80": false,
		"a..b": false, ".a": false, ".": false, "..": false, "a.test..": false, "a.test:": false, "a.test:0": false, "a.test:99999": false,
		"a.test:65536": false, "a.test:080": false, "a.test:8x": false, "a.test:+80": false, "a.test:-1": false, "a.test:80:80": false,
		"a:b:80": false, "[::1": false, "::1]": false, "[::1]80": false, "[::1]:": false, "[::1]:0": false, "[::1]:65536": false, "[fe80::1%eth0]": false,
		"[10.0.0.1]": false, "[a.test]": false, "[[::1]]": false, "a[::1]": false, "10.0.0": false, "10.0.0.256": false, "10.0.0.1.1": false, "1": false,
		"1234567890": false, "a.1": false, "-a.test": false, "a-.test": false, "a.-b": false, "a b": false, "a/b": false, "a@b": false, "a.test/": false,
		"http://a.test": false, "a,b": false, "*.a.test": false, "é.test": false, "$ip": false, label + "a.test": false,
	} {
		var got string
		err := Text(&got, 1, 253, hostName).Set(text)
		if (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", text, err, want)
		}
		for _, ported := range []string{"", ":80"} { // no prefix of a text may panic
			for n := range len(text) {
				_ = validHost(text[:n] + ported)
			}
		}
	}
}

// An accepted text is safe in a Host field: it has no character that would end
// the field or the authority.
func FuzzValidHost(f *testing.F) {
	for _, seed := range []string{"a.test:80", "[::1]:80", "10.0.0.1", "::::", "[", "a..b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !validHost(s) {
			return
		}
		if !visible(s) || strings.ContainsAny(s, "/?#@,;\"\\") || strings.Count(s, "[") > 1 || strings.Contains(s, "..") {
			t.Errorf("accepted %q", s)
		}
	})
}

package elb

import (
	"crypto/rand"
	"fmt"
)

// Alphabets of names. The lower-case one is that of ENS resources, the mixed
// one that of access keys.
const (
	decimal   = "0123456789"
	lowerCase = decimal + "abcdefghijklmnopqrstuvwxyz"
	mixedCase = lowerCase + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// NewLoadBalancerID draws a name like lb-5s8w63yydi59w7klaikam: 21 characters
// hold 108 random bits, so that nobody guesses one and no two are alike.
func NewLoadBalancerID() string { return "lb-" + random(21, lowerCase) }

// NewAccountID draws the 16 digits of an account.
func NewAccountID() string { return number(16) }

// NewUserID draws the 18 digits of a RAM user.
func NewUserID() string { return number(18) }

// NewAccessKeyID draws the public half of an access key, like
// LTAI5tBzbS9BwFDkvQ4XmtMs.
func NewAccessKeyID() string { return "LTAI" + random(20, mixedCase) }

// NewAccessKeySecret draws the secret half of an access key: 30 characters hold
// 178 random bits.
func NewAccessKeySecret() string { return random(30, mixedCase) }

// NewRequestID draws an upper-case UUID of version 4 (RFC 9562, 5.4), like
// 473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E.
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// number draws n digits of which the first is not 0.
func number(n int) string { return random(1, decimal[1:]) + random(n-1, decimal) }

// random draws n characters of alphabet, each equally likely.
func random(n int, alphabet string) string {
	name := make([]byte, 0, n)
	buf := make([]byte, n)
	fair := 256 - 256%len(alphabet) // a byte beyond would favour the first characters
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

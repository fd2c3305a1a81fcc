package rpc

import (
	"crypto/subtle"
	"time"
)

// An Algorithm is a signature algorithm. The zero value is V3.
type Algorithm uint8

const (
	V3 Algorithm = iota // ACS3-HMAC-SHA256, in header fields
	V1                  // HMAC-SHA1, in parameters
)

// Verify returns nil if the request was signed with secret, else
// SignatureDoesNotMatch. Its message ends with the string to sign: clients
// compare it with their own, to distinguish a wrong secret from a bug in how they
// sign. For V3 that string is a hash, so the answer includes what was hashed as
// well.
func (req *Request) Verify(secret string) error {
	const prefix = "Specified signature is not matched with our calculation. server string to sign is:"
	var toSign, want, explain string
	if req.algorithm == V1 {
		toSign = stringToSignV1(req.Method, req.Params)
		want = signV1(secret, toSign)
	} else {
		canonical := canonicalV3(req.Method, req.Host, req.header, req.signed, canonicalParams(req.query, ""), req.bodyHash)
		toSign = stringToSignV3(canonical)
		want = signV3(secret, toSign)
		explain = "The server's canonical request is:\n" + canonical
	}
	if subtle.ConstantTimeCompare([]byte(req.signature), []byte(want)) == 1 || req.algorithm == V3 && req.verifyPlain(secret) {
		return nil
	}
	return badRequest("SignatureDoesNotMatch", prefix+toSign).because("%s", explain)
}

// verifyPlain reports whether a V3 request was signed with unescaped query names:
// the official clients for Go and Node do that. It only differs for names such as
// Tag.k8s.io/name.
func (req *Request) verifyPlain(secret string) bool {
	query, differs := plainQuery(req.query)
	if !differs {
		return false
	}
	canonical := canonicalV3(req.Method, req.Host, req.header, req.signed, query, req.bodyHash)
	want := signV3(secret, stringToSignV3(canonical))
	return subtle.ConstantTimeCompare([]byte(req.signature), []byte(want)) == 1
}

// CheckTime refuses a request that was signed more than ClockWindow before or
// after now.
func (req *Request) CheckTime(now time.Time) error {
	if now.Sub(req.Time).Abs() > ClockWindow {
		return badRequest("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	return nil
}

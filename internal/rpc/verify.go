package rpc

import (
	"crypto/subtle"
	"time"
)

// An Algorithm is a way to sign a call. The zero value is V3.
type Algorithm uint8

const (
	V3 Algorithm = iota // ACS3-HMAC-SHA256, in header fields
	V1                  // HMAC-SHA1, in parameters
)

// Verify reports whether the request was signed with secret, or answers
// SignatureDoesNotMatch. Its message ends with the string that was to be
// signed: clients compare it with their own, to tell a wrong secret from a
// fault in how they sign. For V3 that string is a hash, so the answer has what
// was hashed as well.
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

// verifyPlain reports whether a V3 request was signed with the names of its query as
// they are instead of escaped: so the official clients for Go and Node do it. It
// makes a difference for names such as Tag.k8s.io/name alone.
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

package rpc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

const methodV3 = "ACS3-HMAC-SHA256"

// The header fields of a V3 request, as http.Header spells them. Each must be
// present, once, and covered by the signature.
const (
	actionField  = "X-Acs-Action"
	versionField = "X-Acs-Version"
	dateField    = "X-Acs-Date"
	nonceField   = "X-Acs-Signature-Nonce"
	hashField    = "X-Acs-Content-Sha256"
	tokenField   = "X-Acs-Security-Token"
)

// canonicalV3 is the request in the form that the V3 signature covers, with its
// query in canonical form. The names in signed are lower case and sorted.
func canonicalV3(method, host string, header http.Header, signed []string, query string, bodyHash [sha256.Size]byte) string {
	var b strings.Builder
	b.WriteString(method + "\n/\n" + query + "\n")
	for _, name := range signed {
		value := host
		if name != "host" {
			value = fieldValue(header.Values(name))
		}
		b.WriteString(name + ":" + value + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hex.EncodeToString(bodyHash[:]))
	return b.String()
}

func stringToSignV3(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return methodV3 + "\n" + hex.EncodeToString(sum[:])
}

func signV3(secret, stringToSign string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stringToSign))
	return hex.EncodeToString(mac.Sum(nil))
}

// readV3 reads the Authorization field and the fields that it must cover.
func (req *Request) readV3(authorization string) error {
	a, err := parseAuthorization(authorization)
	if err != nil {
		return err
	}
	if !slices.Contains(a.signed, "host") {
		return incomplete("The host must be signed.")
	}
	for _, name := range []string{actionField, versionField, dateField, nonceField, hashField} {
		switch values := req.header.Values(name); {
		case len(values) == 0 || values[0] == "":
			return missing(strings.ToLower(name))
		case len(values) > 1:
			return contradicted(strings.ToLower(name))
		}
		if !slices.Contains(a.signed, strings.ToLower(name)) {
			return incomplete("%s must be signed.", strings.ToLower(name))
		}
	}
	req.algorithm = V3
	req.AccessKeyID, req.signed, req.signature = a.accessKeyID, a.signed, a.signature
	if err := req.readTokenV3(); err != nil {
		return err
	}
	return req.readMoment(req.header.Get(dateField), req.header.Get(nonceField))
}

// readTokenV3 reads the security token from its field, which must be signed, or
// from the parameters, where some clients send it as with V1.
func (req *Request) readTokenV3() error {
	values := req.header.Values(tokenField)
	switch name := strings.ToLower(tokenField); {
	case len(values) == 0:
		req.Token = req.Params["SecurityToken"]
		return nil
	case len(values) > 1:
		return contradicted(name)
	case values[0] != "" && !slices.Contains(req.signed, name):
		return incomplete("%s must be signed.", name)
	}
	req.Token = values[0]
	return nil
}

type authorization struct {
	accessKeyID string
	signed      []string
	signature   string
}

// parseAuthorization parses "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b,
// Signature=…". The three parts may come in any order, each once.
func parseAuthorization(s string) (authorization, error) {
	var a authorization
	if len(s) > maxAuthorizationBytes {
		return a, incomplete("The Authorization field may have %d bytes.", maxAuthorizationBytes)
	}
	method, rest, _ := strings.Cut(s, " ")
	if method != methodV3 {
		return a, incomplete("The algorithm must be %s.", methodV3)
	}
	var headers string
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		var dst *string
		switch name {
		case "Credential":
			dst = &a.accessKeyID
		case "SignedHeaders":
			dst = &headers
		case "Signature":
			dst = &a.signature
		default:
			return a, incomplete("The parts of the Authorization field are Credential, SignedHeaders and Signature.")
		}
		if *dst != "" || value == "" {
			return a, incomplete("%s must be given once, with a value.", name)
		}
		*dst = value
	}
	if a.accessKeyID == "" || headers == "" || a.signature == "" {
		return a, incomplete("Credential, SignedHeaders and Signature are all needed.")
	}
	a.signed = strings.Split(headers, ";")
	return a, checkSigned(a.signed)
}

// checkSigned refuses a list that is not strictly ascending. A list that named a
// long field many times would make the canonical request many times as long as
// the request.
func checkSigned(names []string) error {
	for i, name := range names {
		if name == "" || strings.ToLower(name) != name || i > 0 && names[i-1] >= name {
			return incomplete("SignedHeaders must be lower case and sorted, each once.")
		}
	}
	return nil
}

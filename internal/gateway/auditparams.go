package gateway

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"elbow/internal/api"
)

// redacted replaces a value in the audit log that is a secret or may be one.
const redacted = "[redacted]"

// protocolParams are the parameters that sign and encode a call. The audit line
// has separate fields for the meaningful ones.
var protocolParams = map[string]bool{
	"Action": true, "Version": true, "Format": true, "AccessKeyId": true, "Timestamp": true, "TimeStamp": true,
	"Signature": true, "SignatureMethod": true, "SignatureVersion": true, "SignatureNonce": true, "SignatureType": true,
	"SecurityToken": true,
}

// auditParams lists the parameters of the call: those of the operation first,
// then all others that were sent, because an attacker sends parameters that an
// operation does not have. unlisted is the number of those beyond maxAuditParams.
func (c *call) auditParams() (params map[string]string, unlisted int) {
	rows := make(map[string]api.Param)
	for _, row := range c.op.New().Params() {
		rows[row.Name] = row
	}
	var own, others []string
	for _, name := range slices.Sorted(maps.Keys(c.req.Params)) {
		_, declared := rowOf(rows, name)
		switch {
		case declared:
			own = append(own, name)
		case !protocolParams[name]:
			others = append(others, name)
		}
	}
	params = make(map[string]string)
	room := maxAuditParams
	for _, name := range append(own, others...) {
		label, value := cut(name, maxAuditName), c.auditValue(rows, name)
		_, taken := params[label] // another name with the same start
		if room -= len(label) + len(value); room < 0 || taken {
			unlisted++
			continue
		}
		params[label] = value
	}
	return params, unlisted
}

// rowOf returns the row of a parameter: that of its name, or of the list that it
// is an item of.
func rowOf(rows map[string]api.Param, name string) (row api.Param, found bool) {
	if row, found = rows[name]; found {
		return row, true
	}
	list, _, _ := strings.Cut(name, ".")
	row, found = rows[list]
	return row, found
}

// auditValue is a value as the log may show it. If the operation does not have
// the parameter, only its name can say whether it is a secret: it may be a
// misspelt one. A private key or the caller's own secret is redacted under any
// name.
func (c *call) auditValue(rows map[string]api.Param, name string) string {
	value := c.req.Params[name]
	row, declared := rowOf(rows, name)
	switch secret := c.credential.Secret; {
	case declared && row.Secret, !declared && soundsSecret(name):
		return redacted
	case strings.Contains(strings.ToUpper(value), "PRIVATE KEY"):
		return redacted
	case secret != "" && strings.Contains(value, secret):
		return redacted
	}
	return cut(value, maxAuditValue)
}

// soundsSecret reports whether a parameter of that name may hold a secret, in any
// spelling: PassWord, private_key, "Key " or Key.1.
func soundsSecret(name string) bool {
	letters := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	for _, harmless := range []string{"keyid", "keyword", "searchkey", "tagkey", "clienttoken", "nexttoken", "passwordresetrequired"} {
		letters = strings.ReplaceAll(letters, harmless, " ")
	}
	return slices.ContainsFunc([]string{
		"key", "secret", "token", "credential", "signature", "passw", "passphrase", "passcode", "pwd",
	}, func(word string) bool { return strings.Contains(letters, word) })
}

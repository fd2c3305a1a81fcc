package rpc

import (
	"maps"
	"slices"
	"strings"
)

const upperHex = "0123456789ABCDEF"

// appendEscaped percent-encodes every byte of s but the unreserved characters of
// RFC 3986, 2.3.
func appendEscaped(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// canonicalParams joins the parameters, sorted by name, as name=value pairs with
// both sides escaped. An empty value keeps its equals sign. The parameter except
// is left out.
func canonicalParams(params map[string]string, except string) string {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name == except {
			continue
		}
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = appendEscaped(b, name)
		b = append(b, '=')
		b = appendEscaped(b, params[name])
	}
	return string(b)
}

// plainQuery joins the parameters as canonicalParams does, with unescaped names.
// differs is false where the result is the same, and also where it could stand
// for a different query: a name must not contain & and =, which end names and
// pairs, %, which occurs in escaped names, or control characters, which end
// lines.
func plainQuery(params map[string]string) (query string, differs bool) {
	var b []byte
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if strings.ContainsFunc(name, func(r rune) bool { return r == '&' || r == '=' || r == '%' || r < ' ' || r == 0x7f }) {
			return "", false
		}
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(b, name...)
		b = append(b, '=')
		b = appendEscaped(b, params[name])
	}
	return string(b), string(b) != canonicalParams(params, "")
}

// fieldValue is the form in which a V3 signature covers one header field: its
// values, trimmed, joined by commas.
func fieldValue(values []string) string {
	if len(values) == 1 {
		return strings.TrimSpace(values[0])
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.TrimSpace(v)
	}
	return strings.Join(trimmed, ",")
}

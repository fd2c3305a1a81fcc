package api

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a text of min to max characters (code points, not bytes) in UTF-8 that
// satisfies the rules.
func Text(p *string, min, max int, rules ...rule) Var { return textVar{p, min, max, rules} }

// ID is the name of a resource: up to 128 visible ASCII characters without a
// slash. Every possible name is accepted, so that a wrong one is a resource not
// found and not an invalid parameter.
func ID(p *string) Var { return idVar{textVar{p, 1, maxID, []rule{idCharacters}}} }

type idVar struct{ textVar }

func (v idVar) Shape() Shape { return Shape{Type: Name, Min: 1, Max: maxID} }

// maxID is the maximum length of a resource name in characters. Ours have 23;
// names brought by clients (i-…, eni-…) are a little longer.
const maxID = 128

type textVar struct {
	p        *string
	min, max int
	rules    []rule
}

func (v textVar) Set(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("is not UTF-8 text")
	}
	if n := utf8.RuneCountInString(s); n < v.min || n > v.max {
		return fmt.Errorf("must be %d to %d characters long, not %d", v.min, v.max, n)
	}
	for _, r := range v.rules {
		if !r.ok(s) {
			return errors.New(r.says)
		}
	}
	*v.p = s
	return nil
}

func (v textVar) Value() any { return *v.p }

func (v textVar) Shape() Shape {
	s := Shape{Type: String, Min: int64(v.min), Max: int64(v.max)}
	for i, r := range v.rules {
		if i > 0 {
			s.Rule += " and "
		}
		s.Rule += r.says
		s.Prefix += r.prefix
		s.Labels = s.Labels || r.labels
	}
	return s
}

// A rule is a requirement for a text besides its length.
type rule struct {
	says   string // "must …"
	prefix string // prefix of all valid values
	labels bool   // Shape.Labels
	ok     func(s string) bool
}

// The rules of texts. As a table, because several rows share each of them.
var (
	idCharacters = rule{
		says: "must be visible ASCII characters without a slash",
		ok:   func(s string) bool { return visible(s) && !strings.Contains(s, "/") },
	}
	notURL = rule{
		says: "must not start with http:// or https://",
		ok: func(s string) bool {
			s = strings.ToLower(s)
			return !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://")
		},
	}
	// A cookie name is a token (RFC 6265, 4.1.1). Names that begin with "$" had a
	// special meaning in RFC 2965, and servers still treat them so.
	cookieName = rule{
		says: "must be a cookie name: letters, digits and !#$%&'*+-.^_`|~, not starting with $",
		ok: func(s string) bool {
			return s[0] != '$' && only(s, letters+digits+"!#$%&'*+-.^_`|~")
		},
	}
	// The probe's request target in origin form (RFC 9112, 3.2.1): a space or a
	// line end in it would write a second request, and a fragment is never sent.
	probeTarget = rule{
		says:   "must start with / and be visible ASCII characters without #",
		prefix: "/",
		ok: func(s string) bool {
			return s[0] == '/' && visible(s) && !strings.Contains(s, "#")
		},
	}
	notOnlySlashes = rule{
		says: "must not be only slashes",
		ok:   func(s string) bool { return strings.Trim(s, "/") != "" },
	}
	// The Host field of a probe (RFC 9110, 7.2), a port included.
	hostName = rule{
		says:   "must be a domain name or an address, with or without a port from 1 to 65535; an IPv6 address stands in brackets",
		labels: true,
		ok:     validHost,
	}
	// The name of a host, to be looked up with DNS or in /etc/hosts.
	domainName = rule{
		says:   "must be a domain name of letters, digits, hyphens, underscores and dots, not an address; one with other letters is written with xn--",
		labels: true,
		ok: func(s string) bool {
			_, err := netip.ParseAddr(s)
			return err != nil && validName(s)
		},
	}
	letterFirst = rule{
		says: "must start with a letter",
		ok: func(s string) bool {
			first, _ := utf8.DecodeRuneInString(s)
			return unicode.IsLetter(first)
		},
	}
	lettersDigits = rule{
		says: "must be letters and digits",
		ok:   func(s string) bool { return only(s, letters+digits) },
	}
	visibleASCII = rule{
		says: "must be visible ASCII characters",
		ok:   visible,
	}
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// visible reports whether s is ASCII without spaces and control characters.
func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// only reports whether s consists of characters in set.
func only(s, set string) bool { return strings.Trim(s, set) == "" }

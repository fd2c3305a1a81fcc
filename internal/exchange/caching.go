package exchange

import (
	"bytes"
	"time"

	"elbow/internal/http1"
)

// A sharing classifies whether a shared cache may store an answer (RFC 9111, 3). A
// cache that stored one with a session cookie would send all its clients to one
// client's backend.
type sharing uint8

const (
	unshared sharing = iota // no shared cache may store it
	unsaid                  // one may, because the answer does not specify it
	shared                  // the answer is meant for them, or may update a stored one
)

// A caching combines what the fields of an answer say about caches.
type caching struct {
	closed     bool // private, or private or no-cache naming Set-Cookie
	unstored   bool // no-store
	understood bool // must-understand: caches that know the status ignore no-store
	open       bool // public, s-maxage, or a targeted field
	fresh      bool // max-age over 0
	aged       bool // max-age, any value
	expires    bool // Expires, in the future
	relocation bool // Content-Location
}

// isClosed reports whether shared caches must not store the answer, or must not store
// its cookie.
func (c *caching) isClosed() bool { return c.closed || c.unstored && !c.understood }

// sharingOf classifies the answer r to a request with the given method. now is in Unix
// seconds.
func sharingOf(method []byte, r *http1.Response, now int64) sharing {
	var c caching
	for i := range r.Fields {
		c.note(&r.Fields[i], now)
	}
	get := false // or another method whose answers are cached for later requests (RFC 9110, 9.2.3)
	switch string(method) {
	case "GET", "HEAD", "QUERY":
		get = true
	}
	switch {
	case c.isClosed() && !c.open:
		return unshared
	case !get && !c.relocation: // RFC 9110, 9.3.3
		return unshared
	case c.open || c.fresh || c.expires && !c.aged:
		return shared
	case r.Status == 304: // may update a stored answer with more fields (RFC 9111, 4.3.4)
		return shared
	case get && heuristic(r.Status):
		return unsaid
	case c.aged:
		return unsaid
	}
	return unshared
}

// note records what one field says. now is in Unix seconds.
func (c *caching) note(f *http1.Field, now int64) {
	const control = "cache-control"
	switch n := len(f.Name); {
	case isNamed(f, control):
		c.directives(f.Value)
	case isNamed(f, "surrogate-control"), n > len(control) && f.Name[n-len(control)-1] == '-' &&
		bytes.EqualFold(f.Name[n-len(control):], []byte(control)):
		// A targeted field overrides Cache-Control (RFC 9213, 2.2).
		var targeted caching
		if targeted.directives(f.Value); !targeted.isClosed() {
			c.open = true
		}
	case isNamed(f, "expires"):
		c.expires = c.expires || dateUnix(f.Value) > now
	case isNamed(f, "content-location"):
		c.relocation = true
	}
}

// directives records the directives of a Cache-Control value (RFC 9111, 5.2.2).
func (c *caching) directives(list []byte) {
	for len(list) > 0 {
		var d []byte
		d, list = cutDirective(list)
		name, value, _ := bytes.Cut(d, []byte{'='})
		name, value = bytes.ToLower(bytes.TrimSpace(name)), bytes.Trim(value, " \t\"")
		switch string(name) {
		case "no-store":
			c.unstored = true
		case "must-understand":
			c.understood = true
		case "private", "no-cache":
			// With field names, the directive applies to these fields only.
			c.closed = c.closed || namesCookie(value) || string(name) == "private" && len(value) == 0
		case "public", "s-maxage":
			c.open = true
		case "max-age":
			c.aged = true
			c.fresh = len(bytes.TrimLeft(value, "0")) > 0
		}
	}
}

// namesCookie reports whether Set-Cookie is in a list of field names.
func namesCookie(list []byte) bool {
	for name := range bytes.SplitSeq(list, []byte{','}) {
		if bytes.EqualFold(bytes.TrimSpace(name), []byte("set-cookie")) {
			return true
		}
	}
	return false
}

// dateUnix parses a date in any of the three HTTP formats (RFC 9110, 5.6.7); it
// returns 0 for anything else.
func dateUnix(text []byte) int64 {
	for _, form := range [...]string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if at, err := time.Parse(form, string(text)); err == nil {
			return at.Unix()
		}
	}
	return 0
}

// cutDirective splits the first element off a list whose elements may be quoted (RFC
// 9110, 5.6.1).
func cutDirective(list []byte) (d, rest []byte) {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '"':
			quoted = !quoted
		case '\\':
			if quoted {
				i++
			}
		case ',':
			if !quoted {
				return list[:i], list[i+1:]
			}
		}
	}
	return list, nil
}

// heuristic reports whether an answer with this status may be stored although it does
// not mention caches (RFC 9110, 15.1; RFC 7725, 3).
func heuristic(status int) bool {
	switch status {
	case 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 451, 501:
		return true
	}
	return false
}

package http1

// A Field is one field line of a head. Its slices point into the buffer that
// was parsed.
type Field struct {
	Name  []byte // as sent; compare ID, or ignore case
	Value []byte // without surrounding white space

	// ID is the name if it is one of the names below, else Unknown.
	ID FieldID

	// Hop marks a field that must not be copied to the next connection: the
	// hop-by-hop ones, those that Connection names (RFC 9110, 7.6.1), and those
	// that describe the framing, which is generated for each connection.
	Hop bool
}

// A FieldID identifies a field name that this package or the proxy interprets. It
// is looked up once, while parsing.
type FieldID uint8

const (
	Unknown FieldID = iota

	// Lookalike is a name that backends which turn fields into variables, as CGI
	// does (RFC 3875, 4.1.18), cannot distinguish from one of those below:
	// X_Forwarded_For, Content_Length. It is not passed on.
	Lookalike

	Connection
	ContentLength
	ContentType
	Cookie
	Date
	Expect
	Forwarded
	Host
	HTTP2Settings
	KeepAlive
	MaxForwards
	ProxyConnection
	Referer
	Server
	SetCookie
	TE
	Trailer
	TransferEncoding
	Upgrade
	UserAgent
	Via
	XForwardedFor
	XForwardedPort
	XForwardedProto
	fieldIDs // the number of IDs
)

var fieldNames = [fieldIDs]string{
	Connection:       "connection",
	ContentLength:    "content-length",
	ContentType:      "content-type",
	Cookie:           "cookie",
	Date:             "date",
	Expect:           "expect",
	Forwarded:        "forwarded",
	Host:             "host",
	HTTP2Settings:    "http2-settings",
	KeepAlive:        "keep-alive",
	MaxForwards:      "max-forwards",
	ProxyConnection:  "proxy-connection",
	Referer:          "referer",
	Server:           "server",
	SetCookie:        "set-cookie",
	TE:               "te",
	Trailer:          "trailer",
	TransferEncoding: "transfer-encoding",
	Upgrade:          "upgrade",
	UserAgent:        "user-agent",
	Via:              "via",
	XForwardedFor:    "x-forwarded-for",
	XForwardedPort:   "x-forwarded-port",
	XForwardedProto:  "x-forwarded-proto",
}

// hopByHop are the fields that are not passed on even if Connection does not name
// them (RFC 9110, 7.6.1, and RFC 9113, 3.1 for HTTP2-Settings), the framing, and
// the names that a backend may confuse with fields that the proxy writes.
var hopByHop = [fieldIDs]bool{
	Lookalike:        true,
	Connection:       true,
	ContentLength:    true,
	HTTP2Settings:    true,
	KeepAlive:        true,
	ProxyConnection:  true,
	TE:               true,
	TransferEncoding: true,
	Upgrade:          true,
}

// endToEnd are fields that Connection cannot remove. A client that names
// Host or X-Forwarded-For there tries to hide something from the backend; RFC
// 9110, 7.6.1 forbids naming fields meant for all recipients.
var endToEnd = [fieldIDs]bool{
	ContentType:     true,
	Cookie:          true,
	Date:            true,
	Expect:          true,
	Forwarded:       true,
	Host:            true,
	MaxForwards:     true,
	SetCookie:       true,
	Trailer:         true,
	Via:             true,
	XForwardedFor:   true,
	XForwardedPort:  true,
	XForwardedProto: true,
}

// slots is a perfect hash of fieldNames: at most one name per slot.
var slots = slotTable()

func slotTable() (t [64]FieldID) {
	for id := Lookalike + 1; id < fieldIDs; id++ {
		s := &t[slot([]byte(fieldNames[id]))]
		if *s != Unknown {
			panic("http1: " + fieldNames[*s] + " and " + fieldNames[id] + " share a slot")
		}
		*s = id
	}
	return t
}

// slot hashes a name of at least one byte, ignoring case.
func slot(name []byte) uint {
	first, last := uint(name[0]|0x20), uint(name[len(name)-1]|0x20)
	return (uint(len(name)) + first*6 + last*3) % 64
}

// lookup returns the ID of a token.
func lookup(name []byte) FieldID {
	id := slots[slot(name)]
	if id != Unknown && !equalFold(name, fieldNames[id]) {
		if looksLike(name, fieldNames[id]) {
			return Lookalike
		}
		return Unknown
	}
	return id
}

// looksLike reports whether a token differs from a known name only in the
// characters in place of the dashes.
func looksLike(name []byte, known string) bool {
	if len(name) != len(known) {
		return false
	}
	for i, c := range name {
		if known[i] != '-' && c|0x20 != known[i] || known[i] == '-' && alphanumeric(c) {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return classes[c]&digitChar != 0 || c|0x20 >= 'a' && c|0x20 <= 'z'
}

package http2

import "elbow/internal/fieldcode"

// staticFields is the static table (RFC 7541, appendix A). Index 0 is not used.
var staticFields = [...]struct{ name, value string }{
	{},
	{":authority", ""},
	{":method", "GET"},
	{":method", "POST"},
	{":path", "/"},
	{":path", "/index.html"},
	{":scheme", "http"},
	{":scheme", "https"},
	{":status", "200"},
	{":status", "204"},
	{":status", "206"},
	{":status", "304"},
	{":status", "400"},
	{":status", "404"},
	{":status", "500"},
	{"accept-charset", ""},
	{"accept-encoding", "gzip, deflate"},
	{"accept-language", ""},
	{"accept-ranges", ""},
	{"accept", ""},
	{"access-control-allow-origin", ""},
	{"age", ""},
	{"allow", ""},
	{"authorization", ""},
	{"cache-control", ""},
	{"content-disposition", ""},
	{"content-encoding", ""},
	{"content-language", ""},
	{"content-length", ""},
	{"content-location", ""},
	{"content-range", ""},
	{"content-type", ""},
	{"cookie", ""},
	{"date", ""},
	{"etag", ""},
	{"expect", ""},
	{"expires", ""},
	{"from", ""},
	{"host", ""},
	{"if-match", ""},
	{"if-modified-since", ""},
	{"if-none-match", ""},
	{"if-range", ""},
	{"if-unmodified-since", ""},
	{"last-modified", ""},
	{"link", ""},
	{"location", ""},
	{"max-forwards", ""},
	{"proxy-authenticate", ""},
	{"proxy-authorization", ""},
	{"range", ""},
	{"referer", ""},
	{"refresh", ""},
	{"retry-after", ""},
	{"server", ""},
	{"set-cookie", ""},
	{"strict-transport-security", ""},
	{"transfer-encoding", ""},
	{"user-agent", ""},
	{"vary", ""},
	{"via", ""},
	{"www-authenticate", ""},
}

// statics is the static table as the decoder returns it. It is never written to.
var statics = staticTable()

func staticTable() (t [len(staticFields)]fieldcode.Field) {
	for i, f := range staticFields {
		t[i] = fieldcode.Field{Name: []byte(f.name), Value: []byte(f.value)}
	}
	return t
}

// Indexes of the static table that the encoder uses by name.
const (
	indexStatus        = 8
	indexContentLength = 28
)

// nameIndexes maps each name to its first index.
var nameIndexes = nameTable()

func nameTable() map[string]byte {
	m := make(map[string]byte)
	for i := len(staticFields) - 1; i > 0; i-- {
		m[staticFields[i].name] = byte(i)
	}
	return m
}

package proxy

import (
	"strconv"
	"time"
	"unicode/utf8"

	"elbow/internal/http1"
)

// log writes the line of the exchange in the access log. x.out, no longer
// needed, is what it is put together in.
func (x *exchange) log() {
	if x.conn.proxy.access == nil {
		return
	}
	x.out = x.appendLine(x.out[:0])
	x.conn.proxy.access.add(x.out)
	x.out = x.out[:0]
}

// A LogField is a field of a line of the access log.
type LogField struct{ Name, Doc string }

// AccessFields are the fields of the access log in the order of a line.
var AccessFields = []LogField{
	{"time", "UTC, when the exchange ended"},
	{"lb", "LoadBalancerId"},
	{"listener", "port of the listener"},
	{"client", "address and port that the request came from"},
	{"method", "of the request"},
	{"host", "that the request was for: Host or :authority"},
	{"path", "path and query"},
	{"proto", "version of HTTP that the client speaks"},
	{"status", "that the client got; 499 if it left before there was one"},
	{"in", "bytes of the request, head and framing included"},
	{"out", "bytes of the answer, head and framing included"},
	{"backend", "ServerId, or ServerId:Port for one with a port of its own; absent if none was chosen"},
	{"connect", "seconds until there was a connection to the backend, from the first byte of the request as for all times here; absent if there was none"},
	{"answer", "seconds until the head of the backend's answer; absent if none came"},
	{"took", "seconds until the end of the exchange"},
	{"retries", "how often another connection or backend was tried; absent if none was"},
	{"agent", "User-Agent; absent without one"},
	{"referer", "Referer; absent without one"},
	{"side", "who broke the exchange: client, upstream or self; absent if nobody did"},
	{"op", "the phase in which it broke"},
	{"err", "what broke it"},
}

// appendLine appends the exchange as one JSON object. Durations are in seconds
// from the first byte of the request, as in the other logs and in the metrics,
// sizes in bytes.
func (x *exchange) appendLine(b []byte) []byte {
	r := &x.record
	b = append(b, `{"time":"`...)
	b = time.Now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = appendText(b, "lb", x.cfg.LoadBalancer)
	b = appendNumber(b, "listener", int64(x.cfg.Port))
	b = append(b, `,"client":"`...)
	b = x.conn.addr().AppendTo(b)
	b = append(b, '"')
	b = appendText(b, "method", x.req.Method)
	b = appendText(b, "host", x.req.Authority)
	b = appendText(b, "path", x.req.Path)
	b = appendText(b, "proto", x.client.proto())
	b = appendNumber(b, "status", int64(r.status))
	b = appendNumber(b, "in", r.bytesIn)
	b = appendNumber(b, "out", r.bytesOut)
	if r.backend != nil {
		b = appendText(b, "backend", r.backend.ID)
	}
	if r.connected != 0 {
		b = appendSeconds(b, "connect", r.since(r.connected))
	}
	if r.answered != 0 {
		b = appendSeconds(b, "answer", r.since(r.answered))
	}
	b = appendSeconds(b, "took", r.since(r.ended))
	if r.retries > 0 {
		b = appendNumber(b, "retries", int64(r.retries))
	}
	for i := range x.req.Fields {
		switch f := &x.req.Fields[i]; f.ID {
		case http1.UserAgent:
			b = appendText(b, "agent", f.Value)
		case http1.Referer:
			b = appendText(b, "referer", f.Value)
		}
	}
	if f := r.fault; f != nil {
		b = appendText(b, "side", f.Side.String())
		b = appendText(b, "op", f.Op.String())
		b = appendText(b, "err", f.Err.Error())
	}
	return append(b, "}\n"...)
}

func appendNumber(b []byte, key string, n int64) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

// appendSeconds appends a key with a duration in seconds, to the microsecond.
func appendSeconds(b []byte, key string, d time.Duration) []byte {
	us := max(d.Microseconds(), 0)
	b = appendNumber(b, key, us/1e6)
	b = append(b, '.')
	for unit := int64(100_000); unit > 0; unit /= 10 {
		b = append(b, byte('0'+us/unit%10))
	}
	return b
}

// maxText bounds a value in the access log, in bytes; longer ones are cut off.
// It is what a client may make us write with each request.
const maxText = 2 << 10

// appendText appends a key with a string, escaped as JSON wants it (RFC 8259,
// 7). Bytes that are not UTF-8 become U+FFFD.
func appendText[T string | []byte](b []byte, key string, value T) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':', '"')
	value = value[:min(len(value), maxText)]
	for i := 0; i < len(value); {
		c := value[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := decodeRune(value[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		i++
	}
	return append(b, '"')
}

func decodeRune[T string | []byte](s T) (rune, int) {
	var first [utf8.UTFMax]byte
	return utf8.DecodeRune(first[:copy(first[:], s)])
}

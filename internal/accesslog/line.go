package accesslog

import (
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"

	"elbow/internal/http1"
)

// A Field is a field of a line of the access log.
type Field struct{ Name, Doc string }

// Fields are the fields of the access log in the order of a line.
var Fields = []Field{
	{"time", "UTC, when the exchange had ended and the client had taken an answer of more than 64 KiB"},
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
	{"took", "seconds until the last byte of the answer was written, or the exchange broke"},
	{"taken", "seconds until the client's TCP was seen to have acknowledged an answer of more than 64 KiB, which is looked at in steps that double from 5 ms to 1 s; absent if it was shorter, over HTTP/3, or lost"},
	{"retries", "how often another connection or backend was tried; absent if none was"},
	{"agent", "User-Agent; absent without one"},
	{"referer", "Referer; absent without one"},
	{"side", "who broke the exchange: client, upstream or self; absent if nobody did"},
	{"op", "the phase in which it broke"},
	{"err", "what broke it"},
}

// A Line is the data of an access-log line for an exchange. Append does not keep
// what it refers to.
type Line struct {
	Times        *Times
	LoadBalancer string
	Listener     int // port
	Client       netip.AddrPort
	Method       []byte
	Host         []byte
	Path         []byte
	Proto        string
	Status       int
	In, Out      int64  // bytes
	Backend      string // empty: none was chosen
	Retries      int
	Fields       []http1.Field // of the request
	Side, Op     string        // of the fault; empty: none
	Err          error         // of the fault
}

// Append appends the line as one JSON object. Durations are in seconds from the first
// byte of the request, as in the other logs and in the metrics, sizes in bytes.
func (l *Line) Append(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = time.Now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = appendText(b, "lb", l.LoadBalancer)
	b = appendNumber(b, "listener", int64(l.Listener))
	b = append(b, `,"client":"`...)
	b = l.Client.AppendTo(b)
	b = append(b, '"')
	b = appendText(b, "method", l.Method)
	b = appendText(b, "host", l.Host)
	b = appendText(b, "path", l.Path)
	b = appendText(b, "proto", l.Proto)
	b = appendNumber(b, "status", int64(l.Status))
	b = appendNumber(b, "in", l.In)
	b = appendNumber(b, "out", l.Out)
	if l.Backend != "" {
		b = appendText(b, "backend", l.Backend)
	}
	b = l.Times.append(b)
	if l.Retries > 0 {
		b = appendNumber(b, "retries", int64(l.Retries))
	}
	for i := range l.Fields {
		switch f := &l.Fields[i]; f.ID {
		case http1.UserAgent:
			b = appendText(b, "agent", f.Value)
		case http1.Referer:
			b = appendText(b, "referer", f.Value)
		}
	}
	if l.Side != "" {
		b = appendText(b, "side", l.Side)
		b = appendText(b, "op", l.Op)
		b = appendText(b, "err", l.Err.Error())
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

// maxText bounds a value in the access log, in bytes; longer ones are cut off. It
// bounds what a client can make us write with each request.
const maxText = 2 << 10

// appendText appends a key with a string, escaped as JSON requires (RFC 8259, 7).
// Bytes that are not UTF-8 become U+FFFD.
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

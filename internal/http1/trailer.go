package http1

import (
	"bytes"
	"slices"
)

// A trailerKind is how a field in a trailer section is treated.
type trailerKind uint8

const (
	plainTrailer trailerKind = iota // passed on
	emptyTrailer                    // dropped: meaningless there, or affects the message
	framesIt                        // framing or routing: an error in a request, dropped from a response
)

// kindOfTrailer returns the kind of a field from its name, which is a token.
func kindOfTrailer(name []byte) trailerKind {
	id := lookup(name)
	switch {
	case id == ContentLength || id == TransferEncoding || id == Host:
		return framesIt
	case hopByHop[id] || endToEnd[id]:
		// Everything that a proxy acts upon. A backend that merges trailers into
		// the head would otherwise receive there what was refused in the head, an
		// X-Forwarded-For above all. Trailers may be dropped (RFC 9112, 7.1.2).
		return emptyTrailer
	case id == Server || id == UserAgent || id == Unknown && decides(name):
		return emptyTrailer
	}
	return plainTrailer
}

// maxDeciding is the length of the longest of decidingFields.
const maxDeciding = len("strict-transport-security")

// decides reports whether a field affects how its message is processed, so that
// it must not follow the body (RFC 9110, 6.5.1). Backends that turn fields into
// variables cannot distinguish a dash from other punctuation, so this does not
// either.
func decides(name []byte) bool {
	var room [maxDeciding]byte
	folded := room[:min(len(name), len(room))]
	for i := range folded {
		c := name[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case !alphanumeric(c):
			c = '-'
		}
		folded[i] = c
	}
	if len(name) == len(folded) && decidingFields[string(folded)] {
		return true
	}
	for _, prefix := range decidingPrefixes {
		if bytes.HasPrefix(folded, []byte(prefix)) {
			return true
		}
	}
	return false
}

// decidingPrefixes are the prefixes of whole families of such names.
var decidingPrefixes = [...]string{"access-control-", "content-security-policy", "sec-", "x-forwarded-"}

// decidingFields are the fields that affect what a message is, who may have it
// and what is done with it, except those with a FieldID.
var decidingFields = setOf(
	// Routing, and replacements for the method or the target.
	"destination", "early-data", "front-end-https", "x-host", "x-http-method", "x-http-method-override",
	"x-method-override", "x-original-host", "x-original-url", "x-rewrite-url", "x-url-scheme",
	// Identity and authentication. Authentication-Info is meant to come last (RFC
	// 7615, 3).
	"authorization", "cf-connecting-ip", "cookie2", "from", "proxy-authenticate", "proxy-authorization",
	"remote-user", "set-cookie2", "true-client-ip", "www-authenticate", "x-api-key", "x-client-ip",
	"x-cluster-client-ip", "x-csrf-token", "x-real-ip", "x-remote-user",
	// Request modifiers: conditions, ranges, preferences, WebDAV's modes.
	"accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "depth", "if",
	"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "lock-token",
	"origin", "overwrite", "pragma", "prefer", "range", "referer", "request-range", "soapaction", "timeout",
	// Response controls.
	"age", "allow", "alt-svc", "clear-site-data", "expires", "last-modified", "location", "refresh",
	"retry-after", "strict-transport-security", "vary", "warning", "x-accel-redirect", "x-frame-options",
	"x-sendfile",
	// The format of the content.
	"content-disposition", "content-encoding", "content-language", "content-location", "content-range",
	"content-type",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// ofCall reports whether a field line is essential to a gRPC call: its status,
// without which the call has not ended, and the reason for it.
func ofCall(line []byte) bool {
	name, _, _ := bytes.Cut(line, []byte{':'})
	return equalFold(name, "grpc-status") || equalFold(name, "grpc-message")
}

// fitTrailer appends a line to the trailers of a response if there is room. Of a
// section longer than MaxHeadBytes the last lines are dropped; but the status of
// a gRPC call is kept at the expense of all others.
func fitTrailer(lines, line []byte) []byte {
	if len(lines)+len(line) > MaxHeadBytes {
		if !ofCall(line) {
			return lines
		}
		if lines = onlyOfCall(lines); len(lines)+len(line) > MaxHeadBytes {
			return lines
		}
	}
	return append(lines, line...)
}

// onlyOfCall keeps only the lines that are essential to a gRPC call.
func onlyOfCall(lines []byte) []byte {
	kept := 0
	for i := 0; i < len(lines); {
		end := i + bytes.IndexByte(lines[i:], '\n') + 1
		if ofCall(lines[i:end]) {
			kept += copy(lines[kept:], lines[i:end])
		}
		i = end
	}
	return lines[:kept]
}

// readTrailers consumes the trailer section in src, up to its end. The lines are
// copied, because their bytes may arrive in any number of pieces and can be sent
// on only after the body.
func (b *Body) readTrailers(src []byte) (n int, err error) {
	for n < len(src) && !b.done {
		end := bytes.IndexByte(src[n:], '\n') + 1
		whole := end > 0
		if !whole {
			end = len(src) - n
		}
		if b.section += end; b.section > b.maxSection() {
			return n, ErrTrailerLength
		}
		b.trailers = append(b.trailers, src[n:n+end]...)
		n += end
		if whole {
			if err := b.endTrailer(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// maxSection is the maximum length of the trailer section in bytes, dropped lines
// included.
func (b *Body) maxSection() int {
	if b.response {
		return maxResponseTrailers
	}
	return MaxHeadBytes
}

// endTrailer checks the line at the end of b.trailers, and keeps or drops it.
func (b *Body) endTrailer() error {
	lines, line := b.trailers[:b.line], b.trailers[b.line:]
	if string(line) == "\r\n" {
		b.trailers = lines
		b.done = true
		return nil
	}
	name, err := checkLine(line)
	if err != nil {
		return err
	}
	switch kind := kindOfTrailer(name); {
	case kind == framesIt && !b.response:
		// Framing and routing are settled before the body (RFC 9110, 6.5.1). Sending
		// them here is an attack or a bug.
		return ErrTrailer
	case kind != plainTrailer:
		b.trailers = lines
	case b.response && len(b.trailers) > MaxHeadBytes:
		b.trailers = fitTrailer(lines, slices.Clone(line)) // rare; line overlaps the memory it is moved to
	}
	b.line = len(b.trailers)
	return nil
}

// checkLine checks one field line, line end included, and returns its name.
func checkLine(line []byte) (name []byte, err error) {
	i := skip(line, 0, tokenChar)
	if line[i] != ':' || i == 0 {
		return nil, nameError(line[i], i == 0)
	}
	if end := skipValue(line, i+1); line[end] != '\r' || line[end+1] != '\n' {
		return nil, valueError(line[end])
	}
	return line[:i], nil
}

// AppendTrailer appends a field of a trailer section that arrived over HTTP/2 or
// HTTP/3 as a line, unless it is hop-by-hop or disallowed there. response says
// whose trailers they are: those of a request must not frame or route, and must
// not be longer than MaxHeadBytes; those of a response are cut to it. Any error
// is an *Error.
func AppendTrailer(dst, name, value []byte, response bool) ([]byte, error) {
	if err := checkField(name, value); err != nil {
		return dst, err
	}
	switch kind, n := kindOfTrailer(name), len(name)+len(value)+len(": \r\n"); {
	case kind == framesIt && !response:
		return dst, ErrTrailer
	case kind != plainTrailer:
		return dst, nil
	case len(dst)+n <= MaxHeadBytes:
		return AppendField(dst, name, value), nil
	case !response:
		return dst, ErrTrailerLength
	default:
		return fitTrailer(dst, AppendField(nil, name, value)), nil
	}
}

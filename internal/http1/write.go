package http1

import (
	"slices"
	"strconv"
)

// text is the type constraint of the functions below.
type text interface{ ~string | ~[]byte }

// AppendRequestLine appends the first line of a request, always as HTTP/1.1.
func AppendRequestLine[M, T text](dst []byte, method M, target T) []byte {
	dst = slices.Grow(dst, len(method)+len(target)+len("  HTTP/1.1\r\n"))
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, target...)
	return append(dst, " HTTP/1.1\r\n"...)
}

// AppendStatusLine appends the first line of a response, always as HTTP/1.1 (RFC
// 9110, 6.2: the version is that of the sender). status has three digits; reason
// may be empty.
func AppendStatusLine[R text](dst []byte, status int, reason R) []byte {
	dst = slices.Grow(dst, len("HTTP/1.1 200 \r\n")+len(reason))
	dst = append(dst, "HTTP/1.1 "...)
	dst = append(dst, byte('0'+status/100%10), byte('0'+status/10%10), byte('0'+status%10), ' ')
	dst = append(dst, reason...)
	return append(dst, '\r', '\n')
}

// AppendField appends one field line. Neither name nor value is checked.
func AppendField[N, V text](dst []byte, name N, value V) []byte {
	i, n := len(dst), len(name)
	end := i + n + len(": ") + len(value) + len("\r\n")
	dst = slices.Grow(dst, end-i)[:end]
	copy(dst[i:], name)
	i += n
	dst[i], dst[i+1] = ':', ' '
	copy(dst[i+2:], value)
	dst[end-2], dst[end-1] = '\r', '\n'
	return dst
}

// AppendFields appends the fields that are passed on: those that are not marked
// Hop.
func AppendFields(dst []byte, fields []Field) []byte {
	for i := range fields {
		if f := &fields[i]; !f.Hop {
			dst = AppendField(dst, f.Name, f.Value)
		}
	}
	return dst
}

// AppendContentLength appends a Content-Length line for n bytes.
func AppendContentLength(dst []byte, n int64) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}

// AppendFraming appends the line that says how the body ends: Content-Length
// where it is known, else Transfer-Encoding if it is Chunked, else nothing.
func AppendFraming(dst []byte, f Framing, length int64) []byte {
	switch {
	case f == Chunked:
		return append(dst, "Transfer-Encoding: chunked\r\n"...)
	case length >= 0 && f != UntilClose:
		return AppendContentLength(dst, length)
	}
	return dst
}

// MaxChunkHeader is the maximum length of what AppendChunkHeader appends, in
// bytes.
const MaxChunkHeader = 16 + len("\r\n")

// AppendChunkHeader appends the chunk header for n bytes of payload. n must not
// be 0, which would end the body. The caller appends CRLF after the payload.
func AppendChunkHeader(dst []byte, n int) []byte {
	dst = strconv.AppendUint(dst, uint64(n), 16)
	return append(dst, '\r', '\n')
}

// AppendLastChunk appends the end of a chunked body. trailers are whole field
// lines as Body.Trailers returns them; nil for none.
func AppendLastChunk(dst, trailers []byte) []byte {
	dst = append(dst, '0', '\r', '\n')
	dst = append(dst, trailers...)
	return append(dst, '\r', '\n')
}

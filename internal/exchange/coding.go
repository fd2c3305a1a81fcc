package exchange

import (
	"bytes"

	"elbow/internal/http2"
	"elbow/internal/http3"
)

// A headCoding holds the encoding functions of a version of HTTP that compresses
// heads.
type headCoding struct {
	status func(dst []byte, status int) []byte
	field  func(dst, name, value []byte) []byte
	length func(dst []byte, n int64) []byte // Content-Length
}

var (
	HPACKHead = headCoding{http2.AppendStatus, http2.AppendField[[]byte, []byte], http2.AppendContentLength}
	QPACKHead = headCoding{http3.AppendStatus, http3.AppendField[[]byte, []byte], http3.AppendContentLength}
)

// AppendTrailers appends a trailer section given as lines.
func (c *headCoding) AppendTrailers(dst, lines []byte) []byte {
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		dst = c.field(dst, name, bytes.Trim(value, " \t"))
	}
	return dst
}

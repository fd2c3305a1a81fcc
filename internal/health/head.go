package health

import (
	"bytes"
	"errors"
	"fmt"
)

var (
	errNotHTTP  = errors.New("the answer is not HTTP/1.1")
	errTLS      = errors.New("the answer is TLS: the port expects HTTPS, probes are plain HTTP")
	errBadField = errors.New("the response head has a line that is not a field")
	errTooLong  = fmt.Errorf("the response head is longer than %d bytes", maxHeadBytes)
)

// statusLineLen is the length of "HTTP/1.1 200", the part of a status line that
// is parsed (RFC 9112, 4).
const statusLineLen = 12

// head parses the head of a response as it arrives, keeping only the status. It
// is strict enough to distinguish HTTP from other protocols, and an endless head
// from a long one. Interim responses are skipped (RFC 9110, 15.2).
type head struct {
	status int // of the final response, once add is done

	total  int                 // bytes of all heads so far
	start  [statusLineLen]byte // of the status line
	inHead bool                // after the status line
	column int                 // bytes of the current line so far, CR and LF not counted
	colon  bool                // the current line has a colon
	cr     bool                // the last byte was CR
}

// add parses the next bytes. It is done at the end of the head; the rest of p is
// body.
func (h *head) add(p []byte) (done bool, err error) {
	for _, b := range p {
		if h.total++; h.total > maxHeadBytes {
			return false, errTooLong
		}
		switch {
		case b == '\n':
			if done, err = h.endLine(); done || err != nil {
				return done, err
			}
			continue
		case h.cr: // a CR that ends no line
			return false, h.malformed()
		case b == '\r':
			h.cr = true
			continue
		}
		if err = h.addByte(b); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (h *head) addByte(b byte) error {
	switch {
	case !h.inHead && h.column < statusLineLen:
		h.start[h.column] = b
		if !plausible(h.start[:h.column+1]) {
			return h.malformed()
		}
	case !h.inHead && h.column == statusLineLen && b != ' ':
		return errNotHTTP // a status of more than three digits
	case h.inHead && h.column == 0 && (b == ' ' || b == '\t' || b == ':'):
		return errBadField
	}
	h.colon = h.colon || b == ':'
	h.column++
	return nil
}

// endLine ends the current line, and the head if the line is empty.
func (h *head) endLine() (done bool, err error) {
	column, colon := h.column, h.colon
	h.column, h.colon, h.cr = 0, false, false
	switch {
	case !h.inHead && column < statusLineLen:
		return false, errNotHTTP
	case !h.inHead:
		h.inHead = true
		return false, nil
	case column > 0 && !colon:
		return false, errBadField
	case column > 0:
		return false, nil
	}
	h.inHead = false
	h.status = int(h.start[9]-'0')*100 + int(h.start[10]-'0')*10 + int(h.start[11]-'0')
	return h.status >= 200 || h.status == 101, nil
}

// malformed returns what is wrong with a byte that is not allowed where it is.
func (h *head) malformed() error {
	switch {
	case h.inHead:
		return errBadField
	case h.start[0] == 0x15 || h.start[0] == 0x16: // an alert or handshake record (RFC 8446, 5.1)
		return errTLS
	}
	return errNotHTTP
}

// plausible reports whether start can be the beginning of a status line of
// HTTP/1.0 or 1.1 with a status of 100 to 599.
func plausible(start []byte) bool {
	const pattern = "HTTP/1.? ???"
	n := len(start)
	last := start[n-1]
	switch n - 1 {
	case 7:
		return last == '0' || last == '1'
	case 9:
		return last >= '1' && last <= '5'
	case 10, 11:
		return last >= '0' && last <= '9'
	}
	return bytes.Equal(start[n-1:], []byte(pattern[n-1:n]))
}

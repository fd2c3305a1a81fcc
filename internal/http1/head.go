package http1

import "bytes"

// A Head is the common part of request and response heads. All slices alias the
// buffer that was parsed and are valid as long as its bytes are not moved.
type Head struct {
	Minor  int // HTTP/1.Minor: 0 or 1; a higher one is read as 1 (RFC 9110, 2.5)
	Fields []Field

	// Framing says how the body ends; Length is its Content-Length, -1 if the
	// head has none. A response without a body (to HEAD, or 304) may have a
	// Length all the same: that of the body it would have.
	Framing Framing
	Length  int64

	// KeepAlive says that the sender will receive, or send, another message on
	// this connection after this one (RFC 9112, 9.3).
	KeepAlive bool

	// Upgrade is the protocol that the sender wants to upgrade to, or has
	// upgraded to; nil for none.
	Upgrade []byte

	said said

	// Where the parsing of an unfinished head is resumed.
	first    *byte // first byte of its buffer; nil: no head is unfinished
	line     int   // offset of the first unparsed line
	searched int   // bytes from line on that are known to hold no LF
}

// said is the combined content of the field lines read so far.
type said struct {
	host         []byte
	lengthText   []byte // of the last Content-Length; nil: none
	lengthErr    error  // what is wrong with the Content-Lengths
	upgrade      []byte
	length       int64
	hosts        int
	codings      int
	upgrades     int
	options      int  // number of Connection options
	chunked      bool // the whole Transfer-Encoding is "chunked"
	codingEnds   bool // the list has reached a "chunked"
	codingBroken bool // and continues after it, or is no list of codings
	close        bool // Connection options
	keepAlive    bool
	mayUpgrade   bool
	names        bool // Connection names fields that must be marked
	expect       bool // Expect: 100-continue
	otherwise    bool // Expect: anything else
}

// resume reports whether there may be more to parse in buf than in the previous
// call. So a head that arrives in pieces is parsed once and searched once,
// however small the pieces are.
func (h *Head) resume(buf []byte) bool {
	if len(buf) == 0 {
		return false
	}
	same := h.first == &buf[0] && h.searched <= len(buf)
	h.first = nil
	if !same {
		h.line = 0
		h.said = said{}
		h.Fields = h.Fields[:0]
		return true
	}
	return bytes.IndexByte(buf[h.searched:], '\n') >= 0
}

// wait ends a Parse that reached the end of buf inside the line at offset line.
func (h *Head) wait(buf []byte, line int) (int, error) {
	if len(buf) >= MaxHeadBytes {
		return 0, ErrHeadLength
	}
	if len(buf) > 0 {
		h.first, h.line, h.searched = &buf[0], line, len(buf)
	}
	return 0, nil
}

// parseFields parses field lines from offset i of buf to the empty line that ends
// the head. It returns the length of the head, or 0 if buf ends before that.
func (h *Head) parseFields(buf []byte, i int) (int, error) {
	for {
		line := i
		i = skip(buf, i, tokenChar)
		if i == len(buf) {
			return h.wait(buf, line)
		}
		if buf[i] != ':' || i == line {
			if i == line && buf[i] == '\r' {
				return h.end(buf, line)
			}
			return 0, nameError(buf[i], i == line)
		}
		name := buf[line:i:i]
		i++
		for i < len(buf) && (buf[i] == ' ' || buf[i] == '\t') {
			i++
		}
		start := i
		i = skipValue(buf, i)
		if i+1 >= len(buf) && (i == len(buf) || buf[i] == '\r') {
			return h.wait(buf, line)
		}
		if buf[i] != '\r' || buf[i+1] != '\n' {
			return 0, valueError(buf[i])
		}
		end := i
		for end > start && (buf[end-1] == ' ' || buf[end-1] == '\t') {
			end--
		}
		i += 2
		if err := h.add(name, buf[start:end:end]); err != nil {
			return 0, err
		}
	}
}

// add appends a field and records its meaning.
func (h *Head) add(name, value []byte) error {
	n := len(h.Fields)
	if n == MaxFields {
		return ErrFieldCount
	}
	if n == cap(h.Fields) {
		h.Fields = append(h.Fields, Field{})
	}
	h.Fields = h.Fields[:n+1]
	id := lookup(name)
	f := &h.Fields[n] // filled in place: a copy takes twice as long
	f.Name, f.Value, f.ID, f.Hop = name, value, id, hopByHop[id]
	if id != Unknown {
		return h.note(id, value)
	}
	return nil
}

// end checks the empty line at offset line, which ends the head.
func (h *Head) end(buf []byte, line int) (int, error) {
	if line+1 == len(buf) {
		return h.wait(buf, line)
	}
	if buf[line+1] != '\n' {
		return 0, ErrBareCR
	}
	if line+2 > MaxHeadBytes {
		return 0, ErrHeadLength
	}
	return line + 2, nil
}

// nameError returns why a field name must not end in c. atStart says that c is
// its first byte.
func nameError(c byte, atStart bool) error {
	switch {
	case c == '\n':
		return ErrBareLF
	case c == '\r':
		return ErrColon
	case (c == ' ' || c == '\t') && atStart:
		return ErrFold
	case c == ' ' || c == '\t':
		return ErrSpace
	case c == ':':
		return ErrNameEmpty
	}
	return ErrName
}

// valueError returns why a value must not end at c, the first byte that is not
// allowed in it, or at the byte after it.
func valueError(c byte) error {
	switch c {
	case '\n':
		return ErrBareLF
	case '\r':
		return ErrBareCR
	}
	return ErrValue
}

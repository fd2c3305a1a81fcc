package http1

import "bytes"

// A Head is what the heads of requests and responses have in common. All
// slices point into the buffer that was parsed and are good as long as its
// bytes stay where they are.
type Head struct {
	Minor  int // HTTP/1.Minor: 0 or 1; a higher one is read as 1 (RFC 9110, 2.5)
	Fields []Field

	// Framing is how the body ends, Length its Content-Length, -1 if the head
	// has none. A response without a body (to HEAD, or 304) may have a Length
	// all the same: it tells how long the body would be.
	Framing Framing
	Length  int64

	// KeepAlive tells that the sender will take, or send, another message on
	// this connection once this one is complete (RFC 9112, 9.3).
	KeepAlive bool

	// Upgrade is what the sender wants to upgrade to, or has; nil for nothing.
	Upgrade []byte

	said said

	// Where an unfinished head is taken up again.
	first    *byte // first byte of its buffer; nil: none is unfinished
	line     int   // offset of the first line not parsed yet
	searched int   // bytes known to hold no LF from line on
}

// said is what the field lines read so far say together.
type said struct {
	host         []byte
	lengthText   []byte // of the last Content-Length; nil: there is none
	lengthErr    error  // what is wrong with them
	upgrade      []byte
	length       int64
	hosts        int
	codings      int
	upgrades     int
	options      int  // of Connection
	chunked      bool // Transfer-Encoding, all of it, is "chunked"
	codingEnds   bool // its list has come to a "chunked"
	codingBroken bool // and goes on, or is no list of codings
	close        bool // Connection options
	keepAlive    bool
	mayUpgrade   bool
	names        bool // Connection names fields that must be looked for
	expect       bool // Expect: 100-continue
	otherwise    bool // Expect: anything else
}

// resume reports whether there may be more to parse in buf than the call before
// found. A head that arrives in pieces is thus read once and searched once,
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

// wait ends a Parse that met the end of buf inside the line at offset line.
func (h *Head) wait(buf []byte, line int) (int, error) {
	if len(buf) >= MaxHeadBytes {
		return 0, ErrHeadLength
	}
	if len(buf) > 0 {
		h.first, h.line, h.searched = &buf[0], line, len(buf)
	}
	return 0, nil
}

// parseFields reads field lines from offset i of buf to the empty line that
// ends the head. It returns the length of the head, or 0 if buf ends before.
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

// add appends a field and takes down what it says.
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

// nameError tells why a field name must not end in c. atStart: it has no byte
// before.
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

// valueError tells why a line must not end at c, the first byte that is not of
// a value, or at the byte after it.
func valueError(c byte) error {
	switch c {
	case '\n':
		return ErrBareLF
	case '\r':
		return ErrBareCR
	}
	return ErrValue
}

package http1

import "bytes"

// note records the meaning of a field with a known name.
func (h *Head) note(id FieldID, value []byte) error {
	s := &h.said
	switch id {
	case Host:
		s.hosts++
		s.host = value
	case ContentLength:
		s.noteLength(value)
	case TransferEncoding:
		s.noteCodings(value)
	case Connection:
		return s.noteOptions(value)
	case Upgrade:
		s.upgrades++
		s.upgrade = value
	case Expect:
		if equalFold(value, "100-continue") {
			s.expect = true
		} else {
			s.otherwise = true
		}
	}
	return nil
}

// noteLength parses a Content-Length. Repeated fields with the same digits count
// as one, as RFC 9112, 6.3 allows; a list in one line is an error. Whether the
// error applies is known at the end of the head.
func (s *said) noteLength(value []byte) {
	n, ok := ParseNumber(value)
	switch {
	case s.lengthErr != nil:
	case !ok:
		s.lengthErr = ErrContentLength
	case s.lengthText != nil && !bytes.Equal(s.lengthText, value):
		s.lengthErr = ErrLengthsDiffer
	}
	s.lengthText, s.length = value, n
	if value == nil {
		s.lengthText = []byte{}
	}
}

// noteCodings parses one Transfer-Encoding. Several lines are one list (RFC 9110,
// 5.3). Anything but a list of codings with one chunked at its end leaves the end
// of the body undefined.
func (s *said) noteCodings(value []byte) {
	s.codings++
	s.chunked = s.codings == 1 && equalFold(value, "chunked")
	for more := true; more; {
		var coding []byte
		coding, value, more = bytes.Cut(value, []byte{','})
		name, _, _ := bytes.Cut(coding, []byte{';'})
		switch name = trim(name); {
		case s.codingEnds || len(name) == 0 || skip(name, 0, tokenChar) != len(name):
			s.codingBroken = true
		case equalFold(trim(coding), "chunked"):
			s.codingEnds = true
		}
	}
}

// ParseNumber parses digits and nothing else, up to 2^63-1.
func ParseNumber(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		if classes[c]&digitChar == 0 {
			return 0, false
		}
		if n > (1<<63-1)/10 {
			return 0, false
		}
		if n = n*10 + int64(c-'0'); n < 0 {
			return 0, false
		}
	}
	return n, true
}

// nextOption splits the first element off a list (RFC 9110, 5.6.1). Elements may
// be empty.
func nextOption(list []byte) (option, rest []byte) {
	if i := bytes.IndexByte(list, ','); i >= 0 {
		return trim(list[:i]), list[i+1:]
	}
	return trim(list), nil
}

// noteOptions parses one Connection field.
func (s *said) noteOptions(list []byte) error {
	for len(list) > 0 {
		var option []byte
		if option, list = nextOption(list); len(option) == 0 {
			continue
		}
		if s.options++; s.options > maxConnectionOptions {
			return ErrOptionCount
		}
		switch id := lookup(option); {
		case id == KeepAlive:
			s.keepAlive = true
		case id == Upgrade:
			s.mayUpgrade = true
		case id == Unknown && equalFold(option, "close"):
			s.close = true
		case !endToEnd[id] && !hopByHop[id]:
			s.names = true
		}
	}
	return nil
}

// markNamed marks the fields that Connection names (RFC 9110, 7.6.1).
func (h *Head) markNamed() {
	for i := range h.Fields {
		if h.Fields[i].ID != Connection {
			continue
		}
		for list := h.Fields[i].Value; len(list) > 0; {
			var option []byte
			option, list = nextOption(list)
			h.mark(option)
		}
	}
}

// mark marks the fields of one name.
func (h *Head) mark(name []byte) {
	for i := range h.Fields {
		f := &h.Fields[i]
		if len(f.Name) == len(name) && !endToEnd[f.ID] && foldsTo(f.Name, name) {
			f.Hop = true
		}
	}
}

// conclude derives framing and persistence from all fields, as far as they do not
// depend on whether the message is a request.
func (h *Head) conclude() error {
	s := &h.said
	h.Framing, h.Length, h.Upgrade = NoBody, -1, nil
	h.KeepAlive = !s.close && (h.Minor > 0 || s.keepAlive)
	if s.names {
		h.markNamed()
	}
	if s.lengthText != nil {
		if s.lengthErr != nil {
			return s.lengthErr
		}
		h.Framing, h.Length = Length, s.length
	}
	if s.codings == 0 {
		return nil
	}
	h.Framing = Chunked
	switch {
	case s.lengthText != nil:
		return ErrBothFramings
	case h.Minor == 0:
		return ErrCodingIn10
	case s.chunked:
		return nil
	case s.codingBroken || !s.codingEnds:
		return ErrCodingLast
	}
	return ErrCoding
}

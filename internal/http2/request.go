package http2

import (
	"elbow/internal/fieldcode"
	"elbow/internal/http1"
)

// Request fills req from the fields of a header list (RFC 9113, 8.3.1). ended
// says that no body follows. Any error is an *http1.Error; one with Status 400
// makes the request malformed, which is ErrMalformed for the stream. The parts of
// req that are set then are for the log.
//
// Memory for joined cookie fields (RFC 9113, 8.2.3) is taken from arena.
func Request(req *http1.Request, fields []fieldcode.Field, arena []byte, ended bool) (_ []byte, err error) {
	var s http1.Start
	i := 0
	for ; i < len(fields) && len(fields[i].Name) > 0 && fields[i].Name[0] == ':'; i++ {
		if err = setPseudo(&s, &fields[i]); err != nil {
			break
		}
	}
	req.Method, req.Authority, req.Path = s.Method, s.Authority, s.Path
	if err != nil {
		return arena, err
	}
	fields = fields[i:]
	arena, cookie := joinCookies(arena, fields)
	for i := range fields {
		f := &fields[i]
		value := f.Value
		if cookie != nil && string(f.Name) == "cookie" {
			if value, cookie = cookie, []byte{}; len(value) == 0 {
				continue
			}
		}
		if len(f.Name) > 0 && f.Name[0] == ':' {
			return arena, http1.ErrPseudoField
		}
		if err := req.Add(f.Name, value); err != nil {
			return arena, err
		}
	}
	return arena, req.Assemble(s, ended)
}

// setPseudo records a pseudo-header field.
func setPseudo(s *http1.Start, f *fieldcode.Field) error {
	var to *[]byte
	switch string(f.Name) {
	case ":method":
		to = &s.Method
	case ":scheme":
		to = &s.Scheme
	case ":authority":
		to = &s.Authority
	case ":path":
		to = &s.Path
	case ":protocol":
		to = &s.Protocol
	default:
		return http1.ErrPseudoField
	}
	if *to != nil {
		return http1.ErrPseudoField // a duplicate
	}
	*to = f.Value
	if f.Value == nil {
		*to = []byte{}
	}
	return nil
}

// joinCookies joins several cookie fields to one value in arena; nil if there are
// fewer than two.
func joinCookies(arena []byte, fields []fieldcode.Field) (_, joined []byte) {
	count, size := 0, 0
	for i := range fields {
		if f := &fields[i]; string(f.Name) == "cookie" {
			count++
			size += len(f.Value) + len("; ")
		}
	}
	if count < 2 {
		return arena, nil
	}
	arena = fieldcode.Grow(arena, size)
	start := len(arena)
	for i := range fields {
		if f := &fields[i]; string(f.Name) == "cookie" && len(f.Value) > 0 {
			if len(arena) > start {
				arena = append(arena, "; "...)
			}
			arena = append(arena, f.Value...)
		}
	}
	return arena, arena[start:len(arena):len(arena)]
}

// AppendTrailers appends the fields of a trailer section to dst as lines of
// HTTP/1.1, as http1.AppendTrailer does with each. Any error is an *http1.Error.
func AppendTrailers(dst []byte, fields []fieldcode.Field, response bool) ([]byte, error) {
	for i := range fields {
		f := &fields[i]
		if len(f.Name) > 0 && f.Name[0] == ':' {
			return dst, http1.ErrPseudoField
		}
		var err error
		if dst, err = http1.AppendTrailer(dst, f.Name, f.Value, response); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

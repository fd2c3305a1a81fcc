package http2

import (
	"elbow/internal/fieldcode"
	"elbow/internal/http1"
)

// Response fills resp from the fields of a header list (RFC 9113, 8.3.2). toHead
// says that the request was a HEAD, ended that no body follows. Any error makes
// the response malformed.
func Response(resp *http1.Response, fields []fieldcode.Field, toHead, ended bool) error {
	if len(fields) == 0 || string(fields[0].Name) != ":status" {
		return http1.ErrPseudoField
	}
	for i := range fields[1:] {
		f := &fields[1+i]
		if len(f.Name) > 0 && f.Name[0] == ':' {
			return http1.ErrPseudoField
		}
		if err := resp.Add(f.Name, f.Value); err != nil {
			return err
		}
	}
	return resp.Assemble(fields[0].Value, toHead, ended)
}

// Package rpc is the wire protocol of the API: it parses, signs, verifies and
// answers RPC-style calls. Signing and verifying share the canonical strings, so
// they cannot diverge. It knows neither operations nor identities. Start reading
// at Parse.
package rpc

import (
	"bytes"
	"crypto/sha256"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A Request is one call as received.
type Request struct {
	Method  string // GET or POST
	Host    string // the authority that the client addressed
	Action  string
	Version string
	Format  Format

	// Params holds query and form merged, including the parameters of the
	// protocol, decoded.
	Params map[string]string

	AccessKeyID string
	Token       string    // SecurityToken of a temporary key; "": none was sent
	Time        time.Time // when the client signed the call, by its own clock
	Nonce       string

	algorithm Algorithm
	signature string            // base64 for V1, lower-case hex for V3
	query     map[string]string // the parameters that came in the query
	header    http.Header
	signed    []string // names of the header fields that a V3 signature covers
	bodyHash  [sha256.Size]byte
}

// Parse parses r and consumes its body. A request that cannot be understood is an
// *Error; the Request is returned all the same, with Host, Action and Format as
// far as they were read, so that the refusal can be encoded as the client asked.
func Parse(r *http.Request) (*Request, error) {
	req := &Request{Method: r.Method, Host: r.Host, header: r.Header}
	if r.URL.Path != "/" {
		return req, NotFound()
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return req, &Error{
			Status: http.StatusForbidden, Code: "UnsupportedHTTPMethod",
			Message: "This http method is not supported.",
		}
	}
	if err := req.readParams(r); err != nil {
		return req, err
	}
	if err := req.readAction(); err != nil {
		return req, err
	}
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		return req, req.readV3(authorization)
	}
	return req, req.readV1()
}

// readParams fills Params from the query and, if there is one, the form in the
// body.
func (req *Request) readParams(r *http.Request) error {
	if len(r.URL.RawQuery) > maxQueryBytes {
		return tooLarge("query", maxQueryBytes)
	}
	req.query = make(map[string]string)
	err := addPairs(req.query, r.URL.RawQuery)
	req.Params = req.query
	if err == nil {
		err = req.readFormat()
	}
	if err != nil {
		return err
	}
	buffer := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(buffer)
	body, err := readBody(r, buffer)
	if err != nil {
		return err
	}
	req.bodyHash = sha256.Sum256(body)
	if len(body) == 0 {
		return nil
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" if it cannot be parsed
	if media != "application/x-www-form-urlencoded" {
		return badRequest("UnsupportedParameter", "The parameter Content-Type is not supported.").
			because("A body must be application/x-www-form-urlencoded.")
	}
	req.Params = maps.Clone(req.query)
	if err := addPairs(req.Params, string(body)); err != nil {
		return err
	}
	return req.readFormat()
}

func (req *Request) readFormat() error {
	switch format := req.Params["Format"]; {
	case format == "" || strings.EqualFold(format, "JSON"):
		req.Format = JSON
	case strings.EqualFold(format, "XML"):
		req.Format = XML
	default:
		return invalid("Format").because("It must be JSON or XML.")
	}
	return nil
}

// readAction takes the operation from the header fields of V3 or the parameters
// of V1. Clients send the fields with V1 as well, where they are not signed: then
// the parameters apply.
func (req *Request) readAction() error {
	req.Action, req.Version = req.Params["Action"], req.Params["Version"]
	if req.header.Get("Authorization") != "" {
		for _, f := range []struct {
			name   string
			header string
			value  *string
		}{{"Action", "X-Acs-Action", &req.Action}, {"Version", "X-Acs-Version", &req.Version}} {
			v := req.header.Get(f.header)
			if *f.value != "" && v != *f.value {
				return contradicted(f.name)
			}
			*f.value = v
		}
	}
	switch {
	case req.Action == "":
		return missing("Action")
	case req.Version == "":
		return missing("Version")
	}
	return nil
}

// bodies pools buffers for bodies, which may be large and come from
// unauthenticated clients.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readBody reads the body into a buffer, whose previous content is discarded.
func readBody(r *http.Request, buffer *bytes.Buffer) ([]byte, error) {
	buffer.Reset()
	if r.Body == nil {
		return nil, nil
	}
	n, err := buffer.ReadFrom(io.LimitReader(r.Body, maxBodyBytes+1))
	switch {
	case err != nil:
		return nil, invalid("body").because("The body could not be read to its end.")
	case n > maxBodyBytes:
		return nil, tooLarge("body", maxBodyBytes)
	}
	return buffer.Bytes(), nil
}

// addPairs decodes application/x-www-form-urlencoded text into dst. A repeated
// name must have the same value: of two different ones, two readers could believe
// different things.
func addPairs(dst map[string]string, text string) error {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || !utf8.ValidString(name) {
			return invalid(rawName[:min(len(rawName), maxParamNameBytes)]).because("A name is not percent-encoded UTF-8.")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil || !utf8.ValidString(value) {
			return undecodable(name).because("The value is not percent-encoded UTF-8.")
		}
		if old, given := dst[name]; given && old != value {
			return contradicted(name).because("It is given twice with different values.")
		}
		if len(dst) == maxParams {
			return invalid("query").because("Query and body may have %d parameters.", maxParams)
		}
		dst[name] = value
	}
	return nil
}

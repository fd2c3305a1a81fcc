package http1

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"testing"
)

// net/http is an independent parser. Whatever this package accepts it must read
// in the same way: two readings of one message allow request smuggling. It may
// accept more.

// readBoth parses one request from raw with both parsers. It fails the test where
// they differ, and reports whether this package accepted it.
func readBoth(t *testing.T, raw []byte) bool {
	t.Helper()
	var r Request
	n, err := r.Parse(raw)
	if n == 0 || err != nil {
		return false
	}
	var b Body
	b.Reset(r.Framing, r.Length)
	payload, took, err := readBody(&b, string(raw[n:]), len(raw))
	if err != nil || !b.Done() {
		return false
	}
	rest := raw[n+took:]

	theirs := bufio.NewReaderSize(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\r\n"))), 2*MaxHeadBytes)
	req, err := http.ReadRequest(theirs)
	if err != nil {
		if !theyAreStricter(&r) {
			t.Errorf("%q: net/http refuses it: %v", raw, err)
		}
		return true
	}
	if req.Method != string(r.Method) || req.RequestURI != string(r.Target) || req.Host != string(r.Authority) {
		t.Errorf("%q: net/http reads %s %s for %s, we %s %s for %s",
			raw, req.Method, req.RequestURI, req.Host, r.Method, r.Target, r.Authority)
	}
	compareFields(t, raw, req.Header, r.Fields)
	body, err := io.ReadAll(req.Body)
	if err != nil && !spacedExtension(raw) {
		t.Errorf("%q: net/http refuses the body: %v", raw, err)
	}
	if err == nil {
		after, _ := io.ReadAll(theirs) // of a bytes.Reader, which has no errors
		if string(body) != payload || !bytes.Equal(after, rest) {
			t.Errorf("%q: net/http reads body %q and leaves %q, we %q and %q", raw, body, after, payload, rest)
		}
	}
	return true
}

// theyAreStricter reports requests that net/http refuses and RFC 9112 does not.
func theyAreStricter(r *Request) bool {
	for _, f := range r.Fields {
		if f.ID == Trailer {
			return true // net/http checks the fields that Trailer announces
		}
	}
	// net/http parses the address in the brackets.
	return r.Form != Origin && bytes.HasPrefix(r.Authority, []byte("["))
}

// spacedExtension: net/http does not accept the white space that RFC 9112, 7.1.1
// allows before a chunk extension.
func spacedExtension(raw []byte) bool {
	return bytes.Contains(raw, []byte(" ;")) || bytes.Contains(raw, []byte("\t;"))
}

// compareFields compares the fields that net/http leaves in its Header.
func compareFields(t *testing.T, raw []byte, theirs http.Header, fields []Field) {
	t.Helper()
	ours := http.Header{}
	for _, f := range fields {
		if f.ID != Host {
			ours.Add(string(f.Name), string(f.Value))
		}
	}
	for _, h := range []http.Header{ours, theirs} {
		for _, name := range []string{"Transfer-Encoding", "Content-Length", "Trailer"} {
			delete(h, name) // net/http removes or merges these
		}
		if h.Get("Pragma") == "no-cache" {
			delete(h, "Cache-Control") // net/http adds one
		}
	}
	if !maps.EqualFunc(ours, theirs, slices.Equal) {
		t.Errorf("%q: net/http reads %q, we %q", raw, theirs, ours)
	}
}

func TestNetHTTPReadsRequestsAlike(t *testing.T) {
	for _, tt := range goodRequests {
		for _, body := range []string{"", "hello", "5\r\nhello\r\n0\r\n\r\nnext"} {
			readBoth(t, []byte(tt.raw+body))
		}
	}
	for _, tt := range badRequests {
		if readBoth(t, []byte(tt.raw)) {
			t.Errorf("%s: accepted", tt.name)
		}
	}
	for _, tt := range goodChunked {
		if !readBoth(t, []byte(get("Transfer-Encoding: chunked")+tt.raw+"next")) {
			t.Errorf("%s: refused", tt.name)
		}
	}
}

// readBothResponses is readBoth for a response to a GET, or to a HEAD.
func readBothResponses(t *testing.T, raw []byte, toHead bool) {
	t.Helper()
	var r Response
	n, err := r.Parse(raw, toHead)
	if n == 0 || err != nil {
		return
	}
	var b Body
	b.Reset(r.Framing, r.Length)
	payload, _, err := readBody(&b, string(raw[n:]), len(raw))
	if err != nil || b.End() != nil {
		return
	}
	req := &http.Request{Method: "GET"}
	if toHead {
		req.Method = "HEAD"
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(bytes.NewReader(raw), 2*MaxHeadBytes), req)
	if err != nil {
		announced := slices.ContainsFunc(r.Fields, func(f Field) bool { return f.ID == Trailer })
		if !announced && !r.bodiless(toHead) { // else net/http reads framing that does not apply
			t.Errorf("%q: net/http refuses it: %v", raw, err)
		}
		return
	}
	if resp.StatusCode != r.Status || strings.TrimLeft(resp.Status[3:], " ") != strings.TrimLeft(string(r.Reason), " ") {
		t.Errorf("%q: net/http reads %q, we %d %s", raw, resp.Status, r.Status, r.Reason)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil && !spacedExtension(raw) {
		t.Errorf("%q: net/http refuses the body: %v", raw, err)
	}
	if err == nil && string(body) != payload {
		t.Errorf("%q: net/http reads body %q, we %q", raw, body, payload)
	}
}

func TestNetHTTPReadsResponsesAlike(t *testing.T) {
	for _, tt := range goodResponses {
		for _, body := range []string{"", "hello", "5\r\nhello\r\n0\r\n\r\nnext"} {
			readBothResponses(t, []byte(tt.raw+body), tt.toHead)
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, tt := range goodRequests {
		f.Add([]byte(tt.raw))
		f.Add([]byte(tt.raw + "5\r\nhello\r\n0\r\n\r\nnext"))
	}
	for _, tt := range badRequests {
		if len(tt.raw) < 4096 {
			f.Add([]byte(tt.raw))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var whole, pieces Request
		n, err := whole.Parse(raw)
		m, piecesErr := parsePieces(&pieces, raw)
		if n > 0 && (m != n || piecesErr != nil || summary(&whole) != summary(&pieces)) {
			t.Errorf("%q: whole %d %s, in pieces %d, %v %s", raw, n, summary(&whole), m, piecesErr, summary(&pieces))
		}
		if err != nil && m > 0 {
			t.Errorf("%q: refused as a whole (%v), accepted in pieces", raw, err)
		}
		readBoth(t, raw)
	})
}

func FuzzResponse(f *testing.F) {
	for _, tt := range goodResponses {
		f.Add([]byte(tt.raw), tt.toHead)
		f.Add([]byte(tt.raw+"5\r\nhello\r\n0\r\n\r\nnext"), tt.toHead)
	}
	for _, tt := range badResponses {
		if len(tt.raw) < 4096 {
			f.Add([]byte(tt.raw), false)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, toHead bool) {
		var whole, pieces Response
		n, err := whole.Parse(raw, toHead)
		m, piecesErr := 0, error(nil)
		for i := 0; i <= len(raw) && m == 0 && piecesErr == nil; i++ {
			m, piecesErr = pieces.Parse(raw[:i], toHead)
		}
		if n > 0 && (m != n || piecesErr != nil || told(&whole) != told(&pieces)) {
			t.Errorf("%q: whole %d %s, in pieces %d, %v %s", raw, n, told(&whole), m, piecesErr, told(&pieces))
		}
		if err != nil && m > 0 {
			t.Errorf("%q: refused as a whole (%v), accepted in pieces", raw, err)
		}
		readBothResponses(t, raw, toHead)
	})
}

func FuzzChunked(f *testing.F) {
	for _, tt := range goodChunked {
		f.Add([]byte(tt.raw), uint8(3))
	}
	for _, tt := range badChunked {
		f.Add([]byte(tt.raw), uint8(3))
	}
	f.Fuzz(func(t *testing.T, raw []byte, step uint8) {
		var whole, pieces Body
		whole.Reset(Chunked, -1)
		pieces.Reset(Chunked, -1)
		payload, n, err := readBody(&whole, string(raw), len(raw)+1)
		inPieces, m, piecesErr := readBody(&pieces, string(raw), int(step)+1)
		if err != piecesErr || err == nil && (payload != inPieces || n != m || whole.Done() != pieces.Done()) {
			t.Errorf("%q: whole %q, %d, %v, in pieces %q, %d, %v", raw, payload, n, err, inPieces, m, piecesErr)
		}
		if err != nil || !whole.Done() || spacedExtension(raw) {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(raw)))
		if err != nil || string(theirs) != payload {
			t.Errorf("%q: net/http reads %q, %v, we %q", raw, theirs, err, payload)
		}
	})
}

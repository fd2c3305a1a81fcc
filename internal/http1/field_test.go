package http1

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Each known name is found in any case, and no other name is.
func TestLookup(t *testing.T) {
	for id := Lookalike + 1; id < fieldIDs; id++ {
		name := fieldNames[id]
		if name == "" {
			t.Fatalf("field %d has no name", id)
		}
		for _, s := range []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]} {
			if got := lookup([]byte(s)); got != id {
				t.Errorf("%s: got %q", s, fieldNames[got])
			}
		}
		for i := range name {
			for c := range 256 {
				b := []byte(name)
				b[i] = byte(c)
				if classes[c]&tokenChar == 0 || strings.EqualFold(string(b), name) {
					continue
				}
				if got := lookup(b); got == id {
					t.Errorf("%s was taken for %s", b, name)
				}
			}
		}
		if got := lookup([]byte(name + "x")); got != Unknown {
			t.Errorf("%sx was taken for %s", name, fieldNames[got])
		}
		if hopByHop[id] && endToEnd[id] {
			t.Errorf("%s is both hop-by-hop and end-to-end", name)
		}
	}
}

// A name that a backend may confuse with a known one, because it treats all
// punctuation alike, is recognized.
func TestLookalike(t *testing.T) {
	for _, name := range []string{"X_Forwarded_For", "x-forwarded_for", "X.FORWARDED.PROTO", "Content_Length", "transfer_encoding", "Set~Cookie"} {
		if got := lookup([]byte(name)); got != Lookalike {
			t.Errorf("%s: got %q", name, fieldNames[got])
		}
	}
	for _, name := range []string{"X_Forwarded_Fox", "X-Forwarded-Ford", "XxForwardedxFor", "Content0Length", "Content-Length_", "_Host", "User_Id"} {
		if got := lookup([]byte(name)); got != Unknown {
			t.Errorf("%s: got %q", name, fieldNames[got])
		}
	}
}

// foldsTo folds letters and nothing else.
func TestFoldsTo(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			x, y := []byte{'-', byte(a)}, []byte{'-', byte(b)}
			want := a == b || a < 0x80 && b < 0x80 && bytes.EqualFold(x, y)
			if got := foldsTo(x, y); got != want {
				t.Errorf("%q and %q: got %v, want %v", x, y, got, want)
			}
		}
	}
}

// The eight-byte steps of skipValue give the same result as single bytes, at any
// offset and next to any other byte.
func TestSkipValue(t *testing.T) {
	for _, fill := range []byte{'a', ' ', '\t', 0x80, 0xff, '~'} {
		for c := range 256 {
			for at := range 20 {
				b := bytes.Repeat([]byte{fill}, 20)
				b[at] = byte(c)
				want := at
				if c >= ' ' && c != 0x7f || c == '\t' {
					want = len(b)
				}
				for from := range at + 1 {
					if got := skipValue(b, from); got != want {
						t.Fatalf("%q from %d: got %d, want %d", b, from, got, want)
					}
				}
			}
		}
	}
}

// Every refusal of a request has a status for the answer.
func TestErrorsAnswer(t *testing.T) {
	for _, tt := range badRequests {
		e, ok := errors.AsType[*Error](tt.want)
		if !ok {
			t.Fatalf("%s: %v is no Error", tt.name, tt.want)
		}
		switch e.Status {
		case 400, 414, 417, 431, 501, 505:
		default:
			t.Errorf("%v: status %d", e, e.Status)
		}
		if want := "http1: " + e.Reason; e.Error() != want {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
}

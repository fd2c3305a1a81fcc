package exchange

import (
	"slices"
	"strings"
	"testing"

	"elbow/internal/leak"
)

// Wherever a Cache-Control value is truncated, cutDirective loses no part of it.
func TestCutDirective(t *testing.T) {
	leak.Check(t)
	const list = `a, b="c, d\", e" ,, private="set-cookie, x", f`
	want := []string{"a", ` b="c, d\", e" `, "", ` private="set-cookie, x"`, " f"}
	var got []string
	for rest := []byte(list); len(rest) > 0; {
		var d []byte
		d, rest = cutDirective(rest)
		got = append(got, string(d))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for n := range list {
		checkDirectives(t, list[:n])
	}
}

func checkDirectives(t *testing.T, list string) {
	var parts []string
	for rest := []byte(list); len(rest) > 0; {
		var d []byte
		d, rest = cutDirective(rest)
		parts = append(parts, string(d))
	}
	if joined := strings.Join(parts, ","); joined != list && joined+"," != list {
		t.Errorf("%q: got %q", list, parts)
	}
	var whole, byParts caching
	whole.directives([]byte(list))
	for _, p := range parts {
		byParts.directives([]byte(p))
	}
	if whole != byParts {
		t.Errorf("%q: as a whole %+v, by parts %+v", list, whole, byParts)
	}
}

func FuzzDirectives(f *testing.F) {
	for _, list := range []string{"public, max-age=60", `private="set-cookie, x"`, `no-cache="`, `a="\`, "max-age=0,s-maxage", ",,"} {
		f.Add(list)
	}
	f.Fuzz(checkDirectives)
}

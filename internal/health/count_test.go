package health

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"elbow/internal/leak"
)

var (
	errA = errors.New("a")
	errB = errors.New("b")
)

// A row plays results, "." for a success and the error's name for a failure, and
// gives the verdict after each: u, U, D; followed by "!" if it was news.
func TestCount(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		name       string
		was        Verdict
		rise, fall int
		results    string
		want       string
	}{
		{"the first success of an unknown one brings it up", Unknown, 3, 3, ".", "U!"},
		{"an unknown one falls after Fall failures", Unknown, 3, 3, "aaa", "u!uD!"},
		{"a failure before the first success", Unknown, 3, 2, "a.", "u!U!"},
		{"up stays up below Fall", Up, 2, 3, "aa.aa.", "UUUUUU"},
		{"up falls at Fall", Up, 2, 3, "aaaa", "UUD!D"},
		{"down stays down below Rise", Down, 3, 2, "..a..a", "DDD!DDD"},
		{"down rises at Rise", Down, 3, 2, "....", "DDU!U"},
		{"another reason is news while down", Up, 2, 2, "aabba", "UD!D!DD!"},
		{"another reason is news while unknown", Unknown, 2, 5, "aabba", "u!uu!uD!"},
		{"another reason is none while up", Up, 2, 5, "abab", "UUUU"},
		{"down and up and down again", Up, 2, 2, "aa..aa", "UD!DU!UD!"},
		{"the first reason of one known to be down", Down, 2, 2, "aa", "D!D"},
	} {
		c := count{rise: tt.rise, fall: tt.fall, verdict: tt.was}
		got := ""
		for _, r := range tt.results {
			err := map[rune]error{'.': nil, 'a': errA, 'b': errB}[r]
			news := c.add(err)
			got += [...]string{"u", "U", "D"}[c.verdict]
			if news {
				got += "!"
			}
			if (c.lastErr == nil) != (c.verdict == Up) && news {
				t.Errorf("%s: news of verdict %v with error %v", tt.name, c.verdict, c.lastErr)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q from %v: got %s, want %s", tt.name, tt.results, tt.was, got, tt.want)
		}
	}
}

// The verdict is that of the last Rise or Fall results, if they agree, and
// otherwise does not change.
func TestCountIsInARow(t *testing.T) {
	leak.Check(t)
	rapid.Check(t, func(t *rapid.T) {
		c := count{rise: rapid.IntRange(2, 10).Draw(t, "rise"), fall: rapid.IntRange(2, 10).Draw(t, "fall"), verdict: Up}
		was := c.verdict
		var failed []bool
		for range rapid.IntRange(1, 60).Draw(t, "probes") {
			var err error
			if rapid.Bool().Draw(t, "failed") {
				err = errA
			}
			failed = append(failed, err != nil)
			news := c.add(err)
			want := was
			switch {
			case allOf(failed, true, c.fall):
				want = Down
			case allOf(failed, false, c.rise):
				want = Up
			}
			if c.verdict != want || news != (want != was) {
				t.Fatalf("after %v: got %v, news %v, want %v", failed, c.verdict, news, want)
			}
			was = want
		}
	})
}

// allOf reports whether the last n of results are all equal to what.
func allOf(results []bool, what bool, n int) bool {
	if len(results) < n {
		return false
	}
	for _, r := range results[len(results)-n:] {
		if r != what {
			return false
		}
	}
	return true
}

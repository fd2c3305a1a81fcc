package ram

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "anything", true},
		{"**", "", true},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"a*b*c", "aXbXc", true},
		{"a*b*c", "acb", false},
		{"a*b*bc", "abc", false},
		{"a*b*bc", "abbc", true},
		{"?", "", false},
		{"?", "a", true},
		{"?", "ab", false},
		{"*?", "", false},
		{"*?*", "a", true},
		{"*a?c*", "xxabxabc", true},
		{"*a?c*", "xxabx", false},
		{"a?*?c", "abc", false},
		{"a?*?c", "abbc", true},
		{"ens:describe*", "ens:describeloadbalancers", true},
		{"ens:*listener*", "ens:createloadbalancerhttpslistener", true},
		{"*.*", "a+b", false},
	} {
		p, err := compilePattern(tt.pattern)
		if err != nil {
			t.Fatalf("%q: %v", tt.pattern, err)
		}
		if got := p.match(tt.s); got != tt.want {
			t.Errorf("%q on %q: got %v", tt.pattern, tt.s, got)
		}
	}
}

func TestPatternSegmentTooLong(t *testing.T) {
	for pattern, want := range map[string]bool{
		"*" + strings.Repeat("?", maxSegment) + "*":         true,
		"*" + strings.Repeat("?", maxSegment+1) + "*":       false,
		"*" + strings.Repeat("a", 10*maxSegment) + "*":      true,
		strings.Repeat("?", maxSegment+1) + "*b*":           true,
		"*b*" + strings.Repeat("?", maxSegment+1):           true,
		"*" + strings.Repeat("a", maxSegment) + "?*b*ccccc": false,
	} {
		if _, err := compilePattern(pattern); (err == nil) != want {
			t.Errorf("%q: got %v, want accepted %v", pattern, err, want)
		}
	}
}

// FuzzPattern compares with a regular expression of the same meaning.
func FuzzPattern(f *testing.F) {
	f.Add("a*b?c*", "axxbxcxx")
	f.Add("*a?a*a", "aaaaaa")
	f.Add("***", "")
	f.Fuzz(func(t *testing.T, text, s string) {
		p, err := compilePattern(text)
		if err != nil {
			return
		}
		var expr strings.Builder
		for _, c := range []byte(text) { // one letter for each byte, so that ? is a byte here as well
			switch c {
			case '*':
				expr.WriteString(".*")
			case '?':
				expr.WriteString(".")
			default:
				expr.WriteString(regexp.QuoteMeta(string(rune(c))))
			}
		}
		var wide strings.Builder
		for _, c := range []byte(s) {
			wide.WriteRune(rune(c))
		}
		want := regexp.MustCompile("^(?s:" + expr.String() + ")$").MatchString(wide.String())
		if got := p.match(s); got != want {
			t.Errorf("%q on %q: got %v, want %v", text, s, got, want)
		}
	})
}

// The worst case for matching: every segment nearly fits everywhere.
func BenchmarkPatternWorst(b *testing.B) {
	p, err := compilePattern(strings.Repeat("*"+strings.Repeat("a", maxSegment-2)+"?b", MaxDocumentBytes/maxSegment) + "*")
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []int{1 << 10, 1 << 12, 1 << 14} {
		s := strings.Repeat("a", size)
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			for b.Loop() {
				p.match(s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/byte")
		})
	}
}

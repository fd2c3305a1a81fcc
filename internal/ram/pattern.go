package ram

import (
	"fmt"
	"strings"
)

// A pattern is a text in which * stands for any number of characters and ? for
// one. It is stored as the parts between the asterisks: the first part must begin
// a value, the last must end it, the others must follow each other in between.
// Taking the first match of each part is enough, so there is no backtracking.
//
// A character is a byte: patterns are matched against ASCII only.
type pattern []string

func compilePattern(text string) (pattern, error) {
	parts := strings.Split(text, "*")
	if len(parts) <= 2 {
		return parts, nil
	}
	p := pattern{parts[0]}
	for _, part := range parts[1 : len(parts)-1] {
		if len(part) > maxSegment && strings.Contains(part, "?") {
			return nil, fmt.Errorf("more than %d characters, a ? among them, between two *", maxSegment)
		}
		if part != "" {
			p = append(p, part)
		}
	}
	return append(p, parts[len(parts)-1]), nil
}

func (p pattern) match(s string) bool {
	first, last := p[0], p[len(p)-1]
	if len(p) == 1 {
		return len(s) == len(first) && begins(s, first)
	}
	if len(s) < len(first)+len(last) || !begins(s, first) || !begins(s[len(s)-len(last):], last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range p[1 : len(p)-1] {
		i := index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// begins reports whether s begins with part, whose question marks match anything.
func begins(s, part string) bool {
	if len(s) < len(part) {
		return false
	}
	for i := range len(part) {
		if part[i] != s[i] && part[i] != '?' {
			return false
		}
	}
	return true
}

// index is the first position of part in s, or -1.
func index(s, part string) int {
	if !strings.Contains(part, "?") {
		return strings.Index(s, part)
	}
	for i := 0; i+len(part) <= len(s); i++ {
		if begins(s[i:], part) {
			return i
		}
	}
	return -1
}

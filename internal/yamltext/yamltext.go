// Package yamltext writes texts as YAML that every reader takes for a text.
// YAML 1.1, which most readers follow in some part, makes truth values of on
// and y, numbers of 1_000 and 12:30:45, a date of 2026-11-30 and nothing of ~;
// YAML 1.2 makes numbers of 0o17 and 1e3. It knows nothing of what the texts
// mean. Start reading at Node.
package yamltext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Node is a text as a scalar, in quotes unless it could be nothing else.
func Node(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if !Plain(text) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Plain reports whether a text needs no quotes in any version of YAML. It says
// no too often rather than too seldom: numbers, dates and the like all begin
// with a digit, a sign, a dot or another mark, so that a text which begins with
// a letter or a slash is one unless it is a word with a meaning.
func Plain(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	if first != '/' && first != '_' && !unicode.IsLetter(first) {
		return false
	}
	if slices.Contains(words, strings.ToLower(text)) {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool {
		return r != ' ' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./+@=", r)
	}) < 0 && !strings.HasSuffix(text, " ")
}

// words are the words of truth and nothing in YAML 1.1 and 1.2, and the numbers
// that are words, which are written with a dot there and without in JSON5.
var words = []string{"y", "yes", "n", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity"}

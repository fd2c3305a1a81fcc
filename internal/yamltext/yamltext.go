// Package yamltext writes texts as YAML that every reader takes for a text. YAML
// 1.1, which most readers follow in part, reads on and y as booleans, 1_000 and
// 12:30:45 as numbers, 2026-11-30 as a date and ~ as null; YAML 1.2 reads 0o17
// and 1e3 as numbers. The package knows nothing of what the texts mean. Start
// reading at Node.
package yamltext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Node is a text as a scalar, quoted unless it cannot be read as anything else.
func Node(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if !Plain(text) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Plain reports whether a text needs no quotes in any version of YAML. It errs on
// the side of quotes: numbers, dates and the like all begin with a digit, a sign,
// a dot or other punctuation, so a text that begins with a letter or a slash is
// plain unless it is a special word.
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

// words are the booleans and nulls of YAML 1.1 and 1.2, and the numbers that are
// words, which have a dot there and none in JSON5.
var words = []string{"y", "yes", "n", "no", "true", "false", "on", "off", "null", "nan", "inf", "infinity"}

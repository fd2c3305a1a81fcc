package answer

import (
	"strconv"
	"strings"
	"unicode"
)

// Visible is s on one line: a character that moves the cursor or changes the
// terminal is escaped as in Go.
func Visible(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

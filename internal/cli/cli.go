// Package cli is what the commands do that talk to a server: who signs their calls, the
// operations of the API as subcommands, apply and export, and how they ask, wait and print.
// It knows no node: all that it learns comes over the API or from /metrics. Texts and flags
// of the commands are in cmd/elbow. Start reading at AddOperations and Apply.Run.
package cli

import (
	"fmt"
	"strings"

	"elbow/internal/answer"
)

// Printable is the text of an error without what changes a terminal: names that
// somebody else gave are in it.
func Printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indented := strings.TrimLeft(line, "\t")
		lines[i] = line[:len(line)-len(indented)] + answer.Visible(indented)
	}
	return strings.Join(lines, "\n")
}

// An ExitStatus ends the program with a status of its own and without a word
// more: what there is to say has been printed.
type ExitStatus int

func (s ExitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

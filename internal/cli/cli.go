// Package cli holds the parts of commands that talk to a server: how their calls are
// signed, the operations of the API as subcommands, apply and export, and questions,
// waiting and output. It does not import the node: all its information comes from the API
// or from /metrics. Texts and flags of the commands are in cmd/elbow. Start reading at
// AddOperations and Apply.Run.
package cli

import (
	"fmt"
	"strings"

	"elbow/internal/answer"
)

// Printable removes control characters from the text of an error, which may contain names
// that other users chose, so that it cannot control the terminal.
func Printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indented := strings.TrimLeft(line, "\t")
		lines[i] = line[:len(line)-len(indented)] + answer.Visible(indented)
	}
	return strings.Join(lines, "\n")
}

// An ExitStatus is an error that ends the program with this status and without a message:
// all output has been printed.
type ExitStatus int

func (s ExitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

package main

import (
	"fmt"
	"strings"

	"elbow/internal/answer"
)

// printable is the text of an error without what changes a terminal: names that
// somebody else gave are in it.
func printable(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indented := strings.TrimLeft(line, "\t")
		lines[i] = line[:len(line)-len(indented)] + answer.Visible(indented)
	}
	return strings.Join(lines, "\n")
}

// An exitStatus ends the program with a status of its own and without a word
// more: what there is to say has been printed.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

package main

import (
	"fmt"
	"io"
	"strings"
)

// A progress is a line that tells how far something is, on a terminal alone, and
// what has become of it.
type progress struct {
	out      io.Writer
	terminal bool
	made     int
}

func newProgress(out io.Writer) *progress { return &progress{out: out, terminal: isTerminal(out)} }

func (p *progress) step(made, of int) {
	p.made = made
	if p.terminal {
		const width = 30
		done := strings.Repeat("█", made*width/max(of, 1))
		_, _ = fmt.Fprintf(p.out, "%s%-30s %d of %d changes", clearLine, done, made, of)
	}
}

// end tells what was done, and returns err.
func (p *progress) end(err error) error {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
	if err == nil {
		_, _ = fmt.Fprintf(p.out, "restored: %s made\n", plural(p.made, "change"))
	}
	return err
}

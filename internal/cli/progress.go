package cli

import (
	"fmt"
	"io"
	"strings"
)

// A Progress is a line that tells how far something is, on a terminal alone, and
// what has become of it.
type Progress struct {
	out      io.Writer
	terminal bool
	made     int
}

// NewProgress returns a line on out, which is written if out is a terminal.
func NewProgress(out io.Writer) *Progress { return &Progress{out: out, terminal: IsTerminal(out)} }

// Step tells how many changes are made of how many there are.
func (p *Progress) Step(made, of int) {
	p.made = made
	if p.terminal {
		const width = 30
		done := strings.Repeat("█", made*width/max(of, 1))
		_, _ = fmt.Fprintf(p.out, "%s%-30s %d of %d changes", clearLine, done, made, of)
	}
}

// End tells what was done, and returns err.
func (p *Progress) End(err error) error {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
	if err == nil {
		_, _ = fmt.Fprintf(p.out, "restored: %s made\n", plural(p.made, "change"))
	}
	return err
}

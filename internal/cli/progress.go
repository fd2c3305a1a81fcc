package cli

import (
	"fmt"
	"io"
	"strings"
)

// A Progress shows the progress of an operation on one line, on terminals only, and
// finally its result.
type Progress struct {
	out      io.Writer
	terminal bool
	made     int
}

// NewProgress returns a line on out, which is written if out is a terminal.
func NewProgress(out io.Writer) *Progress { return &Progress{out: out, terminal: IsTerminal(out)} }

// Step shows how many of the changes have been made.
func (p *Progress) Step(made, of int) {
	p.made = made
	if p.terminal {
		const width = 30
		done := strings.Repeat("█", made*width/max(of, 1))
		_, _ = fmt.Fprintf(p.out, "%s%-30s %d of %d changes", clearLine, done, made, of)
	}
}

// End shows the result, and returns err.
func (p *Progress) End(err error) error {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
	if err == nil {
		_, _ = fmt.Fprintf(p.out, "restored: %s made\n", plural(p.made, "change"))
	}
	return err
}

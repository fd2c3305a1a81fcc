package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"elbow/internal/answer"
	"elbow/internal/manifest"
)

// A Screen formats the output of apply and the demo. Styled text and a line that changes
// in place are used on terminals only.
type Screen struct {
	out      io.Writer
	terminal bool
	lastLive time.Time // when the live line was last written
}

// NewScreen returns a screen on out. It follows the environment's settings of colours.
func NewScreen(out io.Writer) *Screen {
	return &Screen{out: out, terminal: IsTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (s *Screen) bold(text string) string { return s.style("1", text) }
func (s *Screen) dim(text string) string  { return s.style("2", text) }

// style puts an SGR sequence around text (ECMA-48, 8.3.117).
func (s *Screen) style(code, text string) string {
	if !s.terminal || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Errors of output are ignored: the exit status reports the result.
func (s *Screen) line(text string) { _, _ = fmt.Fprintln(s.out, strings.TrimRight(text, " ")) }

// Title begins a section.
func (s *Screen) Title(text string) { s.line("\n" + s.bold(text)) }

// Fact prints a name and its value.
func (s *Screen) Fact(name, value string) { s.line(fmt.Sprintf("  %-14s %s", name, value)) }

// Call prints one API call: its action and subject, how long it took, and its request id.
func (s *Screen) Call(action, requestID string, took time.Duration, about string) {
	ms := fmt.Sprintf("%7.1f ms", float64(took.Microseconds())/1000)
	s.line(fmt.Sprintf("  %-42s %s  %s  %s", action, s.dim(requestID), ms, about))
}

// barWidth is the width of a full bar in characters.
const barWidth = 40

// Bar prints n of total as text, as a percentage and as a bar.
func (s *Screen) Bar(name, about string, n, total int) {
	s.line(fmt.Sprintf("  %-14s %s  %5d  %5.1f%%  %s", name, about, n,
		100*float64(n)/float64(total), strings.Repeat("#", barWidth*n/total)))
}

// The live line is rewritten in place on a terminal. Elsewhere each update is a line, and
// updates are rarer.
const (
	liveOnTerminal = 100 * time.Millisecond
	liveElsewhere  = 5 * time.Second
)

// Live replaces the live line.
func (s *Screen) Live(text string) {
	gap := liveElsewhere
	if s.terminal {
		gap = liveOnTerminal
	}
	if now := time.Now(); now.Sub(s.lastLive) >= gap {
		s.lastLive = now
		if s.terminal {
			_, _ = fmt.Fprintf(s.out, "\r\x1b[K  %s", text) // ignored as in line
		} else {
			s.line("  " + text)
		}
	}
}

// End puts the cursor on a new line.
func (s *Screen) End() { s.line("") }

// plan prints the steps between two empty lines.
func (s *Screen) plan(steps []manifest.Step) {
	colour := map[manifest.Change]string{manifest.Create: "32", manifest.Modify: "33", manifest.Replace: "35", manifest.Delete: "31"}
	s.line("")
	for _, step := range steps {
		s.line(s.style(colour[step.Change], string(step.Change)+" "+answer.Visible(step.What)))
		for _, d := range step.Details {
			s.line("    " + s.dim(answer.Visible(d)))
		}
	}
}

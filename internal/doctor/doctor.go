// Package doctor checks a machine and a running node for conditions that keep a
// load balancer from working, or will: limits, ports, clock, addresses, disk. It
// changes nothing, and each finding says what to do. Start reading at Examine.
package doctor

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// A Grade is the severity of a finding.
type Grade int

const (
	OK      Grade = iota
	Warning       // it works, but worse than it could, or not for long
	Failure       // something does not work
)

func (g Grade) String() string { return [...]string{"ok", "warning", "FAILURE"}[g] }

// A Finding is the outcome of one check.
type Finding struct {
	Grade  Grade
	What   string // subject of the check
	Found  string // result of the check
	Advice string // what to do; "" if nothing
}

// A Patient is the subject of an examination. Checks whose field has the zero
// value are left out.
type Patient struct {
	Data           string // data directory
	API            string // host:port that the API listens on, or is to listen on
	Admin          string // host:port of metrics and health
	MaxConnections int    // client connections served at once
	HTTP3          bool

	// Store inspects the data directory, and returns whether a node has it open.
	// Nil: it is left out.
	Store func() (open bool, err error)

	// Call makes a call of the API; nil without credentials.
	Call func(ctx context.Context, version, action string, params map[string]string) ([]byte, error)
}

// Examine makes all checks that apply, and calls tell with each finding at once.
func Examine(ctx context.Context, p Patient, tell func(Finding)) {
	for _, check := range [...]func(context.Context, Patient) []Finding{
		openFiles, ephemeralPorts, backlog, udpBuffers, directory, inside, space, clock, api, admin, resources,
	} {
		for _, f := range check(ctx, p) {
			tell(f)
		}
	}
}

// Print returns a tell that writes to out, and keeps the worst grade in worst.
func Print(out io.Writer, worst *Grade) func(Finding) {
	return func(f Finding) {
		*worst = max(*worst, f.Grade)
		_, _ = fmt.Fprintf(out, "%-8s %-18s %s\n", f.Grade, f.What, f.Found) // the user sees what is missing
		if f.Advice != "" {
			_, _ = fmt.Fprintf(out, "%-28s%s\n", "", strings.ReplaceAll(f.Advice, "\n", "\n"+strings.Repeat(" ", 28)))
		}
	}
}

// one is the result of a check with one finding.
func one(g Grade, what, found, advice string) []Finding {
	return []Finding{{Grade: g, What: what, Found: found, Advice: advice}}
}

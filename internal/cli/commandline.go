package cli

import (
	"strings"

	"elbow/internal/api"
)

// CommandLine returns the example of an operation as a command line of `elbow call`, with
// one parameter per line.
func CommandLine(op *api.Operation) string {
	files := make(map[string]bool)
	for _, r := range op.New().Params() {
		files[r.Name] = r.File
	}
	lines := []string{"elbow call " + op.Name}
	for _, e := range op.Example {
		value := quote(e.Value)
		if files[e.Name] && strings.Contains(e.Value, "\n") {
			value = "@" + strings.ToLower(e.Name) + ".pem"
		}
		lines = append(lines, "  --"+e.Name+" "+value)
	}
	return strings.Join(lines, " \\\n")
}

// quote quotes a value for a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// FirstSentence returns a text up to its first full stop, without the full stop.
func FirstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(first, ".")
}

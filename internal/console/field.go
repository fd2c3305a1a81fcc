package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"elbow/internal/api"
)

// A field is one parameter.
type field struct {
	Name, Label string
	Help        string
	More        string // of the help, what does not fit beside a field
	Kind        string // text, number, select, checks, area, secret or hidden
	Value       string
	Default     string // what the API takes if nothing is given
	Standard    bool   // the default counts as the value for the conditions of others
	Options     []option
	Required    bool
	When        string // A=x&B=y: the field has an effect only then
	Effect      string // the same in words
	Min, Max    string
	File        bool
	Error       string // a sentence that names the field as its label does
	First       bool   // the first of the form with an error: it gets the focus
}

// An option is one choice of a select, or one box of checks.
type option struct {
	Value, Text string
	Chosen      bool
}

// A tweak changes what the table alone says of a field; one that returns false
// leaves it out.
type tweak func(*field) bool

// leftOut is the tweak of a field that the page fills in itself, or not at all.
func leftOut(*field) bool { return false }

func fieldFrom(r api.Param, value string) field {
	s := r.Var.Shape()
	f := field{
		Name: r.Name, Label: labelOf(r), Help: r.Doc, Kind: "text", Value: value, Required: r.Required && len(r.When) == 0,
		Effect: r.Effect(), File: r.File, Default: r.Default, Standard: r.IfGiven == "",
	}
	if len(f.Help) > maxHelp {
		first, rest, _ := strings.Cut(f.Help, ". ")
		f.Help, f.More = strings.TrimSuffix(first, ".")+".", rest
	}
	if r.IfGiven != "" {
		f.Default = ""
	}
	var when []string
	for _, c := range r.When {
		when = append(when, c.Name+"="+c.Is)
	}
	f.When = strings.Join(when, "&")
	switch {
	case s.Many:
		f.Kind = "checks"
	case len(s.Enum) > 0:
		f.Kind = "select"
	case s.Type == api.Integer:
		f.Kind = "number"
		f.Min, f.Max = strconv.FormatInt(s.Min, 10), strconv.FormatInt(s.Max, 10)
		if s.Unit != "" {
			f.Label += ", in " + s.Unit
		}
	case r.File:
		f.Kind = "area"
	case r.Secret:
		f.Kind = "secret"
	}
	for _, e := range s.Enum {
		f.Options = append(f.Options, option{Value: e, Text: e})
	}
	f.choose()
	return f
}

// maxHelp is how long the text beside a field may be, in bytes; of a longer one
// the first sentence is shown, and the rest on demand.
const maxHelp = 160

// choose marks the options that the value names.
func (f *field) choose() {
	chosen := strings.Split(f.Value, ",")
	for i := range f.Options {
		f.Options[i].Chosen = slices.Contains(chosen, f.Options[i].Value)
	}
}

// offer makes the field a choice of what there is. Without anything to offer it
// stays what it was.
func (f *field) offer(options []option) {
	if len(options) == 0 {
		return
	}
	f.Kind, f.Options = "select", options
	if f.Value == "" && f.Required && len(options) == 1 {
		f.Value = options[0].Value
	}
	f.choose()
}

// labelOf is the name that people read of a parameter.
func labelOf(r api.Param) string { return cmp.Or(r.Label, words(r.Name)) }

// words is a name word for word: HealthCheckURI is "Health check URI".
func words(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		single := begins && i+1 < len(runes) && unicode.IsUpper(runes[i+1])
		if begins {
			b.WriteByte(' ')
		}
		if begins && !single && i+1 < len(runes) {
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

package console

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"elbow/internal/api"
)

// A field is one parameter in a form.
type field struct {
	Name, Label string
	Help        string
	More        string // the part of the help that does not fit beside the field
	Kind        string // text, number, select, checks, area, secret or hidden
	Value       string
	Default     string // the value that the API uses if none is given
	Standard    bool   // the default counts as the value for the conditions of others
	Options     []option
	Required    bool
	When        string // A=x&B=y: the field has an effect only with these values
	Effect      string // the same as text
	Min, Max    string
	File        bool
	Error       string // a sentence that uses the label of the field
	First       bool   // the first field with an error, which gets the focus
}

// An option is one choice of a select, or one box of checks.
type option struct {
	Value, Text string
	Chosen      bool
}

// A tweak changes a field that was made from the table; if it returns false the field is
// left out.
type tweak func(*field) bool

// leftOut is the tweak of a field that the page sets itself, or not at all.
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

// maxHelp bounds the text beside a field, in bytes; of a longer text the first sentence is
// shown, and the rest on demand.
const maxHelp = 160

// choose marks the options that the value names.
func (f *field) choose() {
	chosen := strings.Split(f.Value, ",")
	for i := range f.Options {
		f.Options[i].Chosen = slices.Contains(chosen, f.Options[i].Value)
	}
}

// offer makes the field a choice of options. Without options the field is not changed.
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

// labelOf returns the label of a parameter.
func labelOf(r api.Param) string { return cmp.Or(r.Label, words(r.Name)) }

// words splits a name into words: "Health check URI" for HealthCheckURI.
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

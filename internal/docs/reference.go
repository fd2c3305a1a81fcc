// Package docs generates documents from the tables of operations, the commands and the
// code: docs/api.md and the manual pages, and in its tests docs/logs.md. Start reading at
// Reference.
package docs

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"elbow/internal/api"
	"elbow/internal/cli"
)

const referenceHead = "# The API\n" + `
This file is made from the tables of operations by ` + "`make docs`" + `; change those, not this.

A call is an HTTP GET or POST to ` + "`/`" + `. Its parameters are in the query, in a form body, or in both. It is signed
with an access key: HMAC-SHA1 in the parameter ` + "`Signature`" + `, or ACS3-HMAC-SHA256 in the header ` + "`Authorization`" + `.
The SDKs and ` + "`elbow call`" + ` do that for you.

A success is answered with 200 and a JSON object (XML with ` + "`Format=XML`" + `). An error is answered with the fields
` + "`RequestId`, `HostId`, `Code`, `Message` and `Recommend`" + `; the last says what exactly is wrong, or where to look it up.
Every answer has a ` + "`RequestId`" + `, in the body and in the header ` + "`x-acs-request-id`" + `; the server's log has it too.

A parameter that is empty is absent: it takes its default, or if it is required the call ends with ` + "`Missing<Name>`" + `. A
value that cannot be read or is out of range is ` + "`Invalid<Name>`" + `, one that contradicts another ` + "`InvalidParameter.<Name>`" + `.
A parameter that takes effect only under a condition is checked and stored even if the condition does not hold.
Parameters that an operation does not have are ignored.

A policy names what a call acts on where that is said below; everywhere else it can name all of a product or none.

An ID is 1 to 128 visible ASCII characters without a slash. Times are UTC. In the answers below, a field marked ? is left
out when it has no value.
`

// Reference returns the contents of docs/api.md.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	b.WriteString("\n## Operations\n")
	for _, f := range api.Families {
		fmt.Fprintf(&b, "\n%s (%s %s)\n\n", f.Name, f.Operations[0].Product, f.Operations[0].Version)
		for _, op := range f.Operations {
			fmt.Fprintf(&b, "- [%s](#%s): %s\n", op.Name, strings.ToLower(op.Name), lowerFirst(cli.FirstSentence(op.Doc)))
		}
	}
	for _, f := range api.Families {
		fmt.Fprintf(&b, "\n## %s\n", f.Name)
		for _, op := range f.Operations {
			writeOperation(&b, op)
		}
	}
	writeErrors(&b)
	return b.String()
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func writeOperation(b *strings.Builder, op *api.Operation) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", op.Name, op.Doc)
	fmt.Fprintf(b, "RAM action `%s`, access level %s, %d calls a second for the account and %d for each user.\n",
		op.Action(), op.Access, op.Rate.Account, op.Rate.User)
	switch {
	case op.Unrestricted:
		b.WriteString("It needs no policy.\n")
	case op.Resources != nil:
		var names []string
		for _, r := range op.Resources {
			names = append(names, "`"+r.String()+"`")
		}
		fmt.Fprintf(b, "A policy names %s.\n", strings.Join(names, " and "))
	}
	if rows := op.New().Params(); len(rows) > 0 {
		b.WriteString("\n| Parameter | Value | Default | Meaning |\n|---|---|---|---|\n")
		for _, r := range rows {
			writeRow(b, r)
		}
		for _, r := range rows {
			writeItems(b, r)
		}
	}
	fmt.Fprintf(b, "\n```sh\n%s\n```\n", cli.CommandLine(op))
	b.WriteString("\nAnswer:\n\n```\n{\n  RequestId: string\n")
	writeFields(b, reflect.TypeOf(op.Out()), "  ")
	b.WriteString("}\n```\n\n[Errors](#errors): ")
	var codes []string
	for _, id := range op.Errors {
		if code := "`" + id.New().Code + "`"; !slices.Contains(codes, code) {
			codes = append(codes, code) // two rows of the table may differ in their message only
		}
	}
	b.WriteString(strings.Join(codes, ", ") + ".\n")
}

func writeRow(b *strings.Builder, r api.Param) {
	s := r.Var.Shape()
	name := "`" + r.Name + "`"
	if s.Type == api.List && s.Items != nil {
		name = "`" + r.Name + ".1." + s.Items[0].Name + "`, `.1." + s.Items[1].Name + "`, …"
	} else if s.Type == api.List {
		name = "`" + r.Name + ".1`, `." + "2`, …"
	}
	effect := r.Effect()
	if r.Required && effect == "" {
		name += " **required**"
	}
	text := r.Doc
	switch {
	case r.Required && effect != "":
		text += " Required, and with effect, only if " + effect + "."
	case effect != "":
		text += " Takes effect only if " + effect + "."
	}
	if s.Rule != "" {
		text += " It " + s.Rule + "."
	}
	value := s.String()
	if len(s.Enum) > 0 {
		value = "`" + strings.Join(s.Enum, "` `") + "`"
		if s.Many {
			value += ", several separated by commas"
		}
	}
	def := r.Default
	if r.IfGiven != "" {
		def += " if " + r.IfGiven + " is given, else off"
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, cell(value), cell(def), cell(text))
}

// writeItems writes the table of the members of a JSON array's items.
func writeItems(b *strings.Builder, r api.Param) {
	items := r.Var.Shape().Items
	if len(items) == 0 {
		return
	}
	if r.Var.Shape().Type == api.List {
		fmt.Fprintf(b, "\nThe members of each item of `%s`:\n", r.Name)
	} else {
		fmt.Fprintf(b, "\nEach item of `%s` is an object. Numbers may be written as strings; empty strings and nulls are absent.\n", r.Name)
	}
	b.WriteString("\n| Member | Value | Default | Meaning |\n|---|---|---|---|\n")
	for _, m := range items {
		writeRow(b, m)
	}
}

// cell escapes a text for a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// writeFields writes the fields of an answer with their types.
func writeFields(b *strings.Builder, typ reflect.Type, indent string) {
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if options == "omitempty" {
			name += "?"
		}
		fmt.Fprintf(b, "%s%s: ", indent, name)
		writeType(b, f.Type, indent)
		b.WriteByte('\n')
	}
}

func writeType(b *strings.Builder, typ reflect.Type, indent string) {
	switch typ.Kind() {
	case reflect.Struct:
		b.WriteString("{\n")
		writeFields(b, typ, indent+"  ")
		b.WriteString(indent + "}")
	case reflect.Slice:
		b.WriteString("[")
		writeType(b, typ.Elem(), indent)
		b.WriteString("]")
	case reflect.Int, reflect.Int64:
		b.WriteString("integer")
	case reflect.Bool:
		b.WriteString("boolean")
	default:
		b.WriteString("string")
	}
}

func writeErrors(b *strings.Builder) {
	b.WriteString("\n## Errors\n\nWhat an operation can end with is listed with it. `%s` stands for the name of a parameter or of what is meant.\n\n")
	errorTable(b, func(id api.ErrorID) bool { return !slices.Contains(api.CommonErrors, id) })
	b.WriteString("\nAny call can end with these, before it is known whether it could be done:\n\n")
	errorTable(b, func(id api.ErrorID) bool { return slices.Contains(api.CommonErrors, id) })
}

func errorTable(b *strings.Builder, in func(api.ErrorID) bool) {
	b.WriteString("| Code | Status | Message | When |\n|---|---|---|---|\n")
	for _, row := range api.ErrorTable {
		if in(row.ID) {
			fmt.Fprintf(b, "| `%s` | %d | %s | %s |\n", row.Code, row.Status, cell(row.Message), cell(row.Doc))
		}
	}
}

package console

import (
	"maps"
	"slices"
	"strings"

	"elbow/internal/api"
)

// A tryField is one parameter in the Explorer's form.
type tryField struct {
	api.Param
	Shape   api.Shape
	Kind    string // text, number, select, lines, area or secret
	Value   string // "" for secrets, whatever was given
	Example string
	Error   string // as the API words it
}

func tryFields(op *api.Operation, values map[string]string) []tryField {
	examples := exampleOf(op)
	var fields []tryField
	for _, row := range op.New().Params() {
		f := tryField{Param: row, Shape: row.Var.Shape(), Kind: "text", Example: examples[row.Name], Value: values[row.Name]}
		switch {
		case row.File:
			f.Kind = "area"
		case row.Secret:
			f.Kind = "secret"
		case f.Shape.Type == api.List:
			f.Kind, f.Value = "lines", strings.Join(row.Listed(values), "\n")
		case len(f.Shape.Enum) > 0 && !f.Shape.Many:
			f.Kind = "select"
		case f.Shape.Type == api.Integer:
			f.Kind = "number"
		}
		if row.Secret {
			f.Value = ""
		}
		fields = append(fields, f)
	}
	return fields
}

// FromFile reports whether a file may be chosen for the value.
func (f tryField) FromFile() bool { return f.Kind == "area" }

// exampleOf returns the sample values of an operation.
func exampleOf(op *api.Operation) map[string]string {
	values := make(map[string]string)
	for _, e := range op.Example {
		values[e.Name] = e.Value
	}
	return values
}

// tryValues returns the parameters of the form as they are sent over the wire. With fill,
// empty ones get the sample value.
func (v explorerPages) tryValues(op *api.Operation) (map[string]string, error) {
	values, examples := make(map[string]string), exampleOf(op)
	for _, row := range op.New().Params() {
		text := strings.ReplaceAll(v.r.PostForm.Get(row.Name), "\r\n", "\n")
		if text == "" && row.File {
			var err error
			if text, err = chosenFile(v.r, row.Name+"File"); err != nil {
				return nil, err
			}
		}
		if text == "" && v.r.PostForm.Get("fill") != "" {
			text = examples[row.Name]
		}
		switch {
		case text == "":
		case row.Var.Shape().Type == api.List:
			for i, one := range strings.Fields(text) {
				row.Sent(values, i+1, one)
			}
		default:
			values[row.Name] = text
		}
	}
	return values, nil
}

// A given is a parameter of a call, as sent over the wire.
type given struct {
	row         api.Param
	name, value string
}

// ordered returns the values in the order of the table.
func ordered(op *api.Operation, values map[string]string) []given {
	var all []given
	for _, row := range op.New().Params() {
		if row.Var.Shape().Type == api.List {
			for i, one := range row.Listed(values) {
				sent := make(map[string]string)
				row.Sent(sent, i+1, one)
				for _, name := range slices.Sorted(maps.Keys(sent)) {
					all = append(all, given{row, name, sent[name]})
				}
			}
		} else if value := values[row.Name]; value != "" {
			all = append(all, given{row, row.Name, value})
		}
	}
	return all
}

// errorRows returns rows of the error table by their ids, with a placeholder for the name
// of a parameter.
func errorRows(ids []api.ErrorID) []api.ErrorRow {
	var rows []api.ErrorRow
	for _, row := range api.ErrorTable {
		if slices.Contains(ids, row.ID) {
			row.Code = strings.ReplaceAll(row.Code, "%s", "{parameter}")
			rows = append(rows, row)
		}
	}
	return rows
}

package console

import (
	"cmp"
	"slices"

	"elbow/internal/api"
)

// A form is built from the table of an operation, so that a parameter that is added to the
// table appears in the console too.
type form struct {
	Action  string
	Groups  []group
	Problem *problem     // an error that is about no field of the form
	Errors  []fieldError // errors of fields, in the order of the form
}

// A group is the fields under one heading.
type group struct {
	Title  string
	Fields []field
}

// formPages have the common parts of pages with forms: fields from the table of an
// operation, their errors, and confirmation of what cannot be undone.
type formPages struct{ *visit }

// formOf returns the form of an operation with values, and the errors of the call that was
// made with them.
func (v formPages) formOf(op *api.Operation, values map[string]string, err error, tweaks map[string]tweak) form {
	f := formFrom(op.New().Params(), values, tweaks)
	f.Action = op.Action()
	if err != nil {
		v.explain(&f, op.New().Params(), err, api.Faults(op.New(), values))
	}
	return f
}

// formFrom returns a form with a field for each row.
func formFrom(rows []api.Param, values map[string]string, tweaks map[string]tweak) (f form) {
	for _, r := range rows {
		one := fieldFrom(r, values[r.Name])
		one.Help, one.More, one.Effect = labelled(one.Help, rows), labelled(one.More, rows), labelled(one.Effect, rows)
		if change := tweaks[r.Name]; change != nil && !change(&one) {
			continue
		}
		f.put(string(r.Group), one)
	}
	slices.SortStableFunc(f.Groups, func(a, b group) int {
		return cmp.Compare(slices.Index(api.Groups, api.Group(a.Title)), slices.Index(api.Groups, api.Group(b.Title)))
	})
	return f
}

func (f *form) put(title string, one field) {
	for i := range f.Groups {
		if f.Groups[i].Title == title {
			f.Groups[i].Fields = append(f.Groups[i].Fields, one)
			return
		}
	}
	f.Groups = append(f.Groups, group{title, []field{one}})
}

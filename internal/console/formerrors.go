package console

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"elbow/internal/api"
)

// A fieldError is a line of the list above a form of what is wrong in it.
type fieldError struct{ Field, Text string }

// explain puts into a form what is wrong with the values that it was sent with:
// every fault that the table finds, and what the API said, beside the fields and
// above them all. What is about no field that can be seen is the form's problem.
func (v formPages) explain(f *form, rows []api.Param, err error, faults []api.RowFault) {
	sentences := make(map[string]string)
	at := fieldOf(err, rows)
	if at != "" {
		for _, one := range faults {
			sentences[one.Name] = inLabels(one.Name+" "+one.Text, one.Name, rows)
		}
		if sentences[at] == "" {
			sentences[at] = v.fieldSentence(err, at, rows)
		}
	}
	f.mark(sentences)
	if !slices.ContainsFunc(f.Errors, func(e fieldError) bool { return e.Field == at }) {
		p := v.problemOf(err)
		f.Problem = &p
	}
}

// mark writes each sentence beside its field, if the form shows it.
func (f *form) mark(sentences map[string]string) {
	for g := range f.Groups {
		for i := range f.Groups[g].Fields {
			one := &f.Groups[g].Fields[i]
			text := sentences[one.Name]
			if text == "" || one.Kind == "hidden" {
				continue
			}
			one.Error, one.First = text, len(f.Errors) == 0
			f.Errors = append(f.Errors, fieldError{one.Name, text})
		}
	}
}

// fieldSentence is what the API said of a field, in the words of the form.
func (v formPages) fieldSentence(err error, at string, rows []api.Param) string {
	call, ok := errors.AsType[*refused](err)
	if !ok {
		return v.problemOf(err).Text
	}
	reason := itemPath.ReplaceAllString(call.answer.Recommend, "")
	if strings.HasPrefix(reason, at+" ") {
		return inLabels(reason, at, rows)
	}
	return inLabels(wording(call.answer), at, rows)
}

// itemPath is how the API names a member of an item of a JSON array, of which a
// form has one.
var itemPath = regexp.MustCompile(`\b[A-Z][A-Za-z]*\.[0-9]+\.`)

// inLabels is a sentence with the names of parameters as the form has them. Names
// that are plain words are left, but at the beginning, where the field is named
// that the sentence is about.
func inLabels(text, about string, rows []api.Param) string {
	if rest, ok := strings.CutPrefix(text, about+" "); ok {
		text = labelIn(rows, about) + " " + rest
	}
	text = labelled(text, rows)
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// compound is a word that is the name of a parameter, perhaps, and none of English.
var compound = regexp.MustCompile(`\b[A-Z]+[a-z]+[A-Z][A-Za-z]*\b`)

// labelled is a text with the compound names of parameters as the form has them.
func labelled(text string, rows []api.Param) string {
	return compound.ReplaceAllStringFunc(text, func(name string) string {
		if slices.ContainsFunc(rows, func(r api.Param) bool { return r.Name == name }) {
			return "“" + labelIn(rows, name) + "”"
		}
		return name
	})
}

// labelIn is the label of the row of that name; without one, the words of the name.
func labelIn(rows []api.Param, name string) string {
	for _, r := range rows {
		if r.Name == name {
			return labelOf(r)
		}
	}
	return words(name)
}

// fieldOf is the row that an error is about, "" if it is about none.
func fieldOf(err error, rows []api.Param) string {
	call, ok := errors.AsType[*refused](err)
	if !ok {
		return ""
	}
	code := call.answer.Code
	if i := slices.IndexFunc(rows, func(r api.Param) bool { return r.Concerns(code) }); i >= 0 {
		return rows[i].Name
	}
	name := ""
	for _, prefix := range []string{"Missing", "InvalidParameter.", "Invalid"} {
		if rest, cut := strings.CutPrefix(code, prefix); cut && name == "" {
			name, _, _ = strings.Cut(rest, ".")
		}
	}
	if slices.ContainsFunc(rows, func(r api.Param) bool { return r.Name == name }) {
		return name
	}
	return ""
}

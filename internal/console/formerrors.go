package console

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"elbow/internal/api"
)

// A fieldError is a line of the list of errors above a form.
type fieldError struct{ Field, Text string }

// explain adds the errors of its values to a form: every fault that the table finds, and
// the error of the API, beside the fields and in the list above them. An error that is
// about no visible field becomes the form's problem.
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

// mark adds each sentence to its field, if the form shows the field.
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

// fieldSentence returns the API's error of a field, with the labels of the form.
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

// itemPath matches the API's name of a member of an item in a JSON array; a form has only
// one item.
var itemPath = regexp.MustCompile(`\b[A-Z][A-Za-z]*\.[0-9]+\.`)

// inLabels replaces the names of parameters in a sentence by their labels. Names that are
// also plain words are replaced only at the beginning, where the sentence names its field.
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

// compound matches words that may be names of parameters and are not English words.
var compound = regexp.MustCompile(`\b[A-Z]+[a-z]+[A-Z][A-Za-z]*\b`)

// labelled replaces the compound names of parameters in a text by their labels.
func labelled(text string, rows []api.Param) string {
	return compound.ReplaceAllStringFunc(text, func(name string) string {
		if slices.ContainsFunc(rows, func(r api.Param) bool { return r.Name == name }) {
			return "“" + labelIn(rows, name) + "”"
		}
		return name
	})
}

// labelIn returns the label of the row with that name, or the words of the name if there
// is none.
func labelIn(rows []api.Param, name string) string {
	for _, r := range rows {
		if r.Name == name {
			return labelOf(r)
		}
	}
	return words(name)
}

// fieldOf returns the name of the row that an error is about, "" if it is about none.
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

package console

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"elbow/internal/api"
)

// values returns the parameters of an operation from the form.
func (v formPages) values(op *api.Operation) map[string]string {
	given := make(map[string]string)
	for _, r := range op.New().Params() {
		if all := v.r.PostForm[r.Name]; len(all) > 0 {
			if text := strings.Join(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "" }), ","); text != "" {
				given[r.Name] = strings.ReplaceAll(text, "\r\n", "\n")
			}
		}
	}
	return given
}

// addFiles adds the content of the files that were chosen for fields. Without scripts the
// browser sends a file as such and not in the text field.
func (v formPages) addFiles(values map[string]string, names ...string) error {
	for _, name := range names {
		text, err := chosenFile(v.r, name+"File")
		if err != nil {
			return err
		}
		if text != "" {
			values[name] = text
		}
	}
	return nil
}

// chosenFile returns the text of a file in a form; "" if there is none. The size of the
// form is bounded.
func chosenFile(r *http.Request, field string) (string, error) {
	if r.MultipartForm == nil {
		return "", nil
	}
	file, _, err := r.FormFile(field)
	if err == http.ErrMissingFile {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	return string(text), err
}

// act makes a call that changes something and redirects to a page with its result.
func (v formPages) act(action string, params map[string]string, page, done string) error {
	if _, err := v.do(action, params); err != nil {
		return v.failed(page, err)
	}
	return v.done(page, done)
}

// delete makes a call that deletes an object, and redirects to the list or, if the call is
// refused, back to the object.
func (v formPages) delete(action string, params map[string]string, here, list, done string) error {
	if _, err := v.do(action, params); err != nil {
		return v.failed(here, err)
	}
	return v.done(list, done)
}

// failed redirects to a page that shows the error of a call.
func (v formPages) failed(page string, err error) error {
	v.session.say("bad", v.sentence(err))
	v.redirect(page)
	return nil
}

// sentence formats an error as one line.
func (v formPages) sentence(err error) string {
	p := v.problemOf(err)
	text := p.Title + ". " + p.Text
	if p.Action != "" {
		text += " The action that is missing: " + p.Action + "."
	}
	return text
}

package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"elbow/internal/api"
)

// Objects that have no page of their own shape are shown by two templates: list.html for
// all objects of a kind, and object.html for one of them.

// A listPage lists the objects of one kind, and has the form to create one.
type listPage struct {
	Table  table
	Pager  *pager // of a list in numbered pages; nil: there is none
	Next   string // marker of what is left of a list with markers
	Forms  []postForm
	Tables []section // what else belongs to the list
}

// A table lists objects, a row each.
type table struct {
	Columns []column
	Rows    []row
	Empty   string   // the sentence in place of a table without rows
	Missing *problem // why the visitor does not see the rows
}

// HasActions reports whether a row has actions.
func (t table) HasActions() bool {
	return slices.ContainsFunc(t.Rows, func(r row) bool { return len(r.Do) > 0 })
}

// A column is the heading of a column and how its cells look: "", wide, num or status.
type column struct{ Name, Kind string }

// A row is one object, with a cell for each column.
type row struct {
	Cells []cell
	Do    []action
}

// A cell is a value, and the page of the console that it links to; "" for none.
type cell struct{ Text, Small, To string }

// texts returns cells without links.
func texts(all ...string) (cells []cell) {
	for _, t := range all {
		cells = append(cells, cell{Text: t})
	}
	return cells
}

// An action is offered for an object: a link to a page or, with fields, a form with only a
// button.
type action struct {
	Text   string
	Label  string // for screen readers, if several on a page have the same text
	To     string // page of the console
	Danger bool
	With   map[string]string // fields of the form; nil: a link
}

// A crumb is a page above the page that is shown; To is "" if the visitor may not see it.
type crumb struct{ Text, To string }

// An objectPage shows one object.
type objectPage struct {
	Lists    []crumb // that the object is in
	Name     string
	Status   string
	Actions  []action
	Note     string // why it cannot be deleted
	Text     string // its description
	Facts    []fact
	Session  *api.Credentials // of a role, which was just begun
	Document string           // of a role: its trust policy
	Forms    []postForm
	Sections []section
}

// offerDeletion adds the link to the deletion of the object, for a visitor who may delete it.
// An object in use has the note instead, which says when it can be deleted.
func (p *objectPage) offerDeletion(may, used bool, to, note string) {
	switch {
	case may && used:
		p.Note = note
	case may:
		p.Actions = append(p.Actions, action{Text: "Delete…", To: to, Danger: true})
	}
}

// A section is a table on the page of an object, with the form to add a row.
type section struct {
	ID, Title string
	Table     table
	Choose    *choice
	Forms     []postForm
	Links     []action
}

// A postForm is a form under a heading that unfolds it.
type postForm struct {
	form
	Title, To, Button string
	Note              string
	Open              bool
}

// HasFile reports whether a field of the form may come from a file.
func (f postForm) HasFile() bool {
	return slices.ContainsFunc(f.Groups, func(g group) bool {
		return slices.ContainsFunc(g.Fields, func(one field) bool { return one.File })
	})
}

// A choice is a form with one field, which is a choice.
type choice struct {
	To, Label, Field, Button string
	Options                  []option
}

// sent is a form that the API refused, which is shown again with its errors.
type sent struct {
	to     string // where it was sent
	values map[string]string
	err    error
}

// tablePages have the common parts of lists and of pages of one object.
type tablePages struct{ *visit }

// status returns the status of the page: that of the error, if a form was refused.
func (v tablePages) status(s sent) int {
	if s.err == nil {
		return http.StatusOK
	}
	return v.problemOf(s.err).Status
}

// formFor returns the form of an operation that is sent to a page. If it was sent and
// refused, it has the values and errors; otherwise it has the values given.
func (v tablePages) formFor(name string, s sent, f postForm, values map[string]string, tweaks map[string]tweak) postForm {
	var failed error
	if s.err != nil && s.to == f.To {
		values, failed, f.Open = s.values, s.err, true
	}
	f.form = formPages(v).formOf(operation(name), values, failed, tweaks)
	return f
}

// changes returns the parameters of an operation from the form. Of the cleared ones an
// empty value is sent too: it clears the field.
func (v tablePages) changes(op string, cleared ...string) map[string]string {
	values := formPages(v).values(operation(op))
	for _, name := range cleared {
		if _, given := v.r.PostForm[name]; given && values[name] == "" {
			values[name] = ""
		}
	}
	return values
}

// linkTo returns the address of a page, or "" if the visitor may not make the call that it
// needs. The parameters of the call are given as names and values in turn.
func (v tablePages) linkTo(page, call string, pairs ...string) string {
	if !v.mayCall(operation(call), paramsOf(pairs)) {
		return ""
	}
	return page
}

// paramsOf returns the parameters of a call from names and values in turn.
func paramsOf(pairs []string) map[string]string {
	params := make(map[string]string)
	for i := 0; i+1 < len(pairs); i += 2 {
		params[pairs[i]] = pairs[i+1]
	}
	return params
}

// at returns the address of an object's page: a list and an id or name.
func at(list, id string) string { return list + "/" + url.PathEscape(id) }

// hidden is the tweak of a field that the page sets: to a fixed value or, with "", to that
// of the form.
func hidden(value string) tweak {
	return func(f *field) bool {
		f.Kind, f.Value = "hidden", cmp.Or(value, f.Value)
		return true
	}
}

// numbered returns the parameters of a list in numbered pages.
func (v tablePages) numbered() map[string]string {
	return map[string]string{"PageSize": strconv.Itoa(listSize), "PageNumber": strconv.Itoa(v.number())}
}

// showList shows a page of a list that has numbered pages.
func (v tablePages) showList(s sent, title, list string, page listPage, total int) error {
	p := v.paged(v.number(), listSize, total)
	if p.Last != "" {
		return v.leave(list + p.Last) // an old link: the list has become shorter
	}
	page.Pager = &p
	v.render(v.status(s), "list", title, page)
	return nil
}

// nameCell returns the cell of an object with its name and, below it, its id.
func nameCell(name, id, to string) cell {
	if nameOf(name, id) == id {
		return cell{Text: id, To: to}
	}
	return cell{Text: name, Small: id, To: to}
}

// query returns a query with one field.
func query(name, value string) string { return url.Values{name: {value}}.Encode() }

// A createPage is a page with the form to create an object.
type createPage struct {
	postForm
	Lists []crumb // that the object will be in
}

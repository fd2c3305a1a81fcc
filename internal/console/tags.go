package console

import (
	"fmt"
	"slices"
	"strings"

	"elbow/internal/api"
)

// A taggable is an object with tags.
type taggable struct {
	kind string // the ResourceType of the API
	id   string
	here string // its page
}

// tagPages show the tags of an object as a part of its page, add tags and remove them.
type tagPages struct{ *visit }

// tagRoutes routes the forms for the tags of a kind of object, whose page is at route. show
// shows the page with the form that was refused.
func tagRoutes[P ~struct{ *visit }](c *Console, route string, of func(P) taggable, show func(P, sent) error) {
	c.page("POST "+route+"/tags", func(v *visit) error {
		return tagPages{v}.add(of(P{v}), func(s sent) error { return show(P{v}, s) })
	})
	c.page("POST "+route+"/tags/remove", func(v *visit) error { return tagPages{v}.remove(of(P{v})) })
}

// parameters returns those of a call about the object.
func (t taggable) parameters() map[string]string {
	return map[string]string{"ResourceType": t.kind, "ResourceId.1": t.id}
}

// tagRow returns the row of the tags of a call, whose items have a key and a value.
func tagRow() api.Param {
	rows := operation("TagResources").New().Params()
	return rows[slices.IndexFunc(rows, func(r api.Param) bool { return r.Name == "Tag" })]
}

// section lists the tags of an object, with the form to add one.
func (v tagPages) section(t taggable, s sent) section {
	one := section{ID: "tags", Title: "Tags", Table: table{Columns: []column{{"Key", ""}, {"Value", "wide"}}, Empty: "None."}}
	out, err := ask[api.ListTagResourcesOutput](v.visit, "ListTagResources", t.parameters())
	one.Table.Missing = problemIf(v.visit, err)
	for _, tag := range out.TagResources {
		r := row{Cells: texts(tag.TagKey, tag.TagValue)}
		if v.may("ens:UntagResources") {
			r.Do = append(r.Do, action{Text: "Remove", Label: "Remove the tag " + tag.TagKey, To: t.here + "/tags/remove", With: map[string]string{"key": tag.TagKey}})
		}
		one.Table.Rows = append(one.Table.Rows, r)
	}
	if v.may("ens:TagResources") {
		one.Forms = append(one.Forms, v.form(t, s))
	}
	return one
}

// form returns the form to add a tag, with the errors of one that was refused.
func (v tagPages) form(t taggable, s sent) postForm {
	f := postForm{Title: "Add a tag", To: t.here + "/tags", Button: "Add", Note: "A tag with the same key is replaced."}
	rows := tagRow().Var.Shape().Items
	if s.err == nil || s.to != f.To {
		f.form = formFrom(rows, nil, nil)
		return f
	}
	f.Open, f.form = true, formFrom(rows, s.values, nil)
	faults := api.RowFaults(rows, s.values)
	if len(faults) == 0 {
		formPages(v).explain(&f.form, rows, s.err, nil)
		return f
	}
	// The API's error names the list: which member is meant is known here.
	errors := make(map[string]string)
	for _, one := range faults {
		errors[one.Name] = inLabels(one.Name+" "+one.Text, one.Name, rows)
	}
	f.mark(errors)
	return f
}

func (v tagPages) add(t taggable, show func(sent) error) error {
	values, params := make(map[string]string), t.parameters()
	values["Key"] = strings.TrimSpace(v.r.PostFormValue("Key"))
	params["Tag.1.Key"] = values["Key"]
	if value := strings.TrimSpace(v.r.PostFormValue("Value")); value != "" {
		values["Value"], params["Tag.1.Value"] = value, value
	}
	if _, err := v.do("TagResources", params); err != nil {
		return show(sent{t.here + "/tags", values, err})
	}
	return v.done(t.here, fmt.Sprintf("The tag %s is set.", values["Key"]))
}

func (v tagPages) remove(t taggable) error {
	params := t.parameters()
	params["TagKey.1"] = v.r.PostFormValue("key")
	return formPages(v).act("UntagResources", params, t.here, "The tag is removed.")
}

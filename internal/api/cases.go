package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// A Case is a call with one value at a boundary.
type Case struct {
	Param  string            // the row under test
	What   string            // description of the value: "max+1"
	Values map[string]string // all parameters of the call
	Want   string            // code of the expected error; "": Bind succeeds
}

// Cases generates the calls that test every row of op at its boundaries: numbers
// below, at and above both ends, the shortest and the longest text and one off
// each, each value of an enumeration and an invalid one, each required parameter
// absent. All other values of a call are those of valid.
//
// It reads the same rows as Bind does. So a test proves that binding follows the
// table, for all present and future operations; that the table follows the
// specification must be proven by the tables in the tests.
func Cases(op *Operation, valid map[string]string) []Case {
	var c cases
	for _, r := range op.New().Params() {
		c.row(r, valid)
	}
	return c.all
}

type cases struct{ all []Case }

// add adds the call in which value replaces that of valid; an empty one is left
// out.
func (c *cases) add(valid map[string]string, name, what, value, want string) {
	values := maps.Clone(valid)
	if values == nil {
		values = make(map[string]string)
	}
	values[name] = value
	if value == "" {
		delete(values, name)
	}
	c.all = append(c.all, Case{Param: name, What: what, Values: values, Want: want})
}

func (c *cases) row(r Param, valid map[string]string) {
	if r.Instead != "" {
		valid = maps.Clone(valid)
		delete(valid, r.Instead)
	}
	s := r.Var.Shape()
	if s.Type == List {
		c.list(r.Name, s, r.Required, valid)
		return
	}
	if r.Required {
		held := maps.Clone(valid)
		for _, cond := range r.When {
			held[cond.Name] = cond.Is
		}
		c.add(held, r.Name, "absent", "", "Missing"+r.Name)
		held[r.Name] = "" // an empty value counts as absent
		c.all = append(c.all, Case{r.Name, "empty", held, "Missing" + r.Name})
	}
	if s.Type == JSON {
		c.array(r.Name, s, valid)
		return
	}
	if s.Unset != "" {
		c.add(valid, r.Name, "no value", s.Unset, "")
	}
	for _, v := range boundaries(s) {
		want := ""
		if v.refused && v.value != s.Unset {
			want = "Invalid" + r.Name
		}
		c.add(valid, r.Name, v.what, v.value, want)
	}
}

// A boundary is a value at or just beyond the bounds of a shape.
type boundary struct {
	what    string
	value   string
	refused bool
}

func boundaries(s Shape) []boundary {
	switch {
	case s.Valid != nil:
		var all []boundary
		for _, v := range s.Valid {
			all = append(all, boundary{fmt.Sprintf("%.20s", v), v, false})
		}
		for _, v := range s.Wrong {
			all = append(all, boundary{fmt.Sprintf("%.20s", v), v, true})
		}
		return all
	case s.Enum != nil:
		return choices(s)
	case s.Type == Integer:
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		return []boundary{
			{"min-1", number(s.Min - 1), true},
			{"min", number(s.Min), false},
			{"max", number(s.Max), false},
			{"max+1", number(s.Max + 1), true},
			{"a word", "many", true},
			{"a fraction", number(s.Min) + ".5", true},
			{"a plus sign", "+" + number(s.Max), true},
			{"beyond 64 bits", "99999999999999999999", true},
		}
	case s.Bounded():
		return lengths(s)
	}
	return nil
}

func choices(s Shape) []boundary {
	var all []boundary
	for _, e := range s.Enum {
		all = append(all, boundary{"value " + e, e, false})
	}
	if s.Many {
		joined := strings.Join(s.Enum, ",")
		all = append(all, boundary{"all values", joined, false}, boundary{"an empty one", joined + ",", true})
	}
	return append(all, boundary{"no such value", "no-such-value", true}, boundary{"a space more", s.Enum[0] + " ", true})
}

// lengths generates texts of x after the prefix. A text that is only the prefix
// is left out: the rule of the row decides whether it is valid.
func lengths(s Shape) []boundary {
	text := func(n int64) string {
		t := s.Prefix + strings.Repeat("x", int(n)-len(s.Prefix))
		if s.Labels { // an extra last character must not be a dot
			for i := maxLabel; i < len(t)-1; i += maxLabel + 1 {
				t = t[:i] + "." + t[i+1:]
			}
		}
		return t
	}
	shortest := max(s.Min, int64(len(s.Prefix))+1)
	all := []boundary{
		{"shortest", text(shortest), false},
		{"longest", text(s.Max), false},
		{"one too long", text(s.Max + 1), true},
		{"not UTF-8", text(shortest) + "\xff", true},
	}
	if s.Min > 1 {
		all = append(all, boundary{"one too short", text(s.Min - 1), true})
	}
	return all
}

// list tests the numbered values of a list.
func (c *cases) list(name string, s Shape, required bool, valid map[string]string) {
	item := func(n int64) (string, string) {
		if s.Items == nil {
			return fmt.Sprintf("%s.%d", name, n), "x"
		}
		return fmt.Sprintf("%s.%d.%s", name, n, s.Items[0].Name), "x" + strconv.FormatInt(n, 10)
	}
	without := maps.Clone(valid)
	maps.DeleteFunc(without, func(one, _ string) bool { return strings.HasPrefix(one, name+".") })
	if required {
		c.all = append(c.all, Case{name, "absent", without, "Missing" + name})
	}
	values := maps.Clone(without)
	if values == nil {
		values = make(map[string]string)
	}
	for n := range s.Max {
		key, value := item(n + 1)
		values[key] = value
	}
	c.all = append(c.all, Case{name, "most items", maps.Clone(values), ""})
	for _, m := range s.Items {
		for _, v := range boundaries(m.Var.Shape()) {
			one := maps.Clone(without)
			if one == nil {
				one = make(map[string]string)
			}
			key, value := item(1)
			one[key] = value
			one[name+".1."+m.Name] = v.value
			want := ""
			if v.refused {
				want = "Invalid" + name
			}
			c.all = append(c.all, Case{name, m.Name + " " + v.what, one, want})
		}
	}
	key, value := item(s.Max + 1)
	values[key] = value
	c.all = append(c.all, Case{name, "one item too many", values, "Invalid" + name})
}

// array tests the number of items of a JSON array, and the members of one of
// them.
func (c *cases) array(name string, s Shape, valid map[string]string) {
	item := func(n int) map[string]string {
		it := make(map[string]string)
		for _, m := range s.Items {
			if m.Required {
				it[m.Name] = sample(m.Var.Shape()) + strconv.Itoa(n)
			}
		}
		return it
	}
	array := func(n int64) string {
		items := make([]map[string]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return text(items)
	}
	c.add(valid, name, "null", "null", "Missing"+name)
	c.add(valid, name, "not JSON", "[", "Invalid"+name)
	c.add(valid, name, "too few items", array(s.Min-1), "Invalid"+name)
	c.add(valid, name, "fewest items", array(s.Min), "")
	c.add(valid, name, "most items", array(s.Max), "")
	c.add(valid, name, "too many items", array(s.Max+1), "Invalid"+name)
	for _, m := range s.Items {
		if m.Required {
			it := item(1)
			delete(it, m.Name)
			c.add(valid, name, m.Name+" absent", text([]map[string]string{it}), "Missing"+m.Name)
		}
		for _, v := range boundaries(m.Var.Shape()) {
			it := item(1)
			it[m.Name] = v.value
			want := ""
			if v.refused {
				want = "Invalid" + m.Name
			}
			c.add(valid, name, m.Name+" "+v.what, text([]map[string]string{it}), want)
		}
	}
}

// sample is the start of a value of the shape, valid when a digit follows.
func sample(s Shape) string { return s.Prefix }

func text(v any) string {
	b, _ := json.Marshal(v) // maps of texts can always be encoded
	return string(b)
}

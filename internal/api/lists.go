package api

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fillList stores Name.1, Name.2 and so on in the order of their numbers. Numbers
// may be missing and values empty: official clients send a list with a hole where
// an element is unset.
func fillList(r Param, values map[string]string) error {
	if r.Var.Shape().Items != nil {
		return fillItemList(r, values)
	}
	if s := values[r.Name]; s != "" {
		return because(r.Name, fmt.Errorf("is a list, sent as %s.1, %s.2 and so on, not as one value", r.Name, r.Name))
	}
	var numbers []int
	for name, value := range values {
		if !isForm(name, r.Name) {
			continue
		}
		suffix, ok := strings.CutPrefix(name, r.Name+".")
		n, err := strconv.Atoi(suffix)
		if !ok || err != nil || n < 1 || strconv.Itoa(n) != suffix {
			return because(r.Name, fmt.Errorf("is a list, sent as %s.1, %s.2 and so on, not as %.64q", r.Name, r.Name, name))
		}
		if value != "" {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		name := r.Name + "." + strconv.Itoa(n)
		if err := r.Var.Set(values[name]); err != nil {
			return Invalid(r.Name).Because(name + " " + err.Error())
		}
	}
	return enough(r, len(numbers))
}

// enough refuses an empty list that must have an item.
func enough(r Param, items int) error {
	if r.Required && items == 0 {
		return Missing(r.Name)
	}
	return nil
}

// An itemSetter is the variable of a list whose items have members.
type itemSetter interface {
	// setItem adds an item with these members, or returns what is wrong with it.
	setItem(members map[string]string) error
}

// fillItemList stores a list whose items have members: Name.1.Key, Name.1.Value
// and so on. An item without any value is skipped.
func fillItemList(r Param, values map[string]string) error {
	members := r.Var.Shape().Items
	form := fmt.Sprintf("is a list, sent as %[1]s.1.%[2]s, %[1]s.1.%[3]s and so on", r.Name, members[0].Name, members[1].Name)
	if values[r.Name] != "" {
		return because(r.Name, fmt.Errorf("%s, not as one value", form))
	}
	items := make(map[int]map[string]string)
	for name, value := range values {
		if !isForm(name, r.Name) {
			continue
		}
		rest, ok := strings.CutPrefix(name, r.Name+".")
		number, member, dotted := strings.Cut(rest, ".")
		n, err := strconv.Atoi(number)
		known := slices.ContainsFunc(members, func(m Param) bool { return m.Name == member })
		if !ok || !dotted || !known || err != nil || n < 1 || strconv.Itoa(n) != number {
			return because(r.Name, fmt.Errorf("%s, not as %.64q", form, name))
		}
		if value == "" {
			continue
		}
		if items[n] == nil {
			items[n] = make(map[string]string)
		}
		items[n][member] = value
	}
	for _, n := range slices.Sorted(maps.Keys(items)) {
		if err := r.Var.(itemSetter).setItem(items[n]); err != nil {
			return Invalid(r.Name).Because(r.Name + "." + strconv.Itoa(n) + " " + err.Error())
		}
	}
	return enough(r, len(items))
}

// Sent adds item n, counted from 1, of a list to params as it is sent. An item
// with members is written with an equals sign between them.
func (p Param) Sent(params map[string]string, n int, text string) {
	name := p.Name + "." + strconv.Itoa(n)
	members := p.Var.Shape().Items
	if members == nil {
		params[name] = text
		return
	}
	first, second, _ := strings.Cut(text, "=")
	params[name+"."+members[0].Name] = first
	if second != "" {
		params[name+"."+members[1].Name] = second
	}
}

// Listed returns the items of a list, in the form of Sent, up to the first
// missing one.
func (p Param) Listed(params map[string]string) (all []string) {
	members := p.Var.Shape().Items
	for {
		name := p.Name + "." + strconv.Itoa(len(all)+1)
		text := params[name]
		if members != nil {
			text = params[name+"."+members[0].Name]
		}
		if text == "" {
			return all
		}
		if members != nil {
			text += "=" + params[name+"."+members[1].Name]
		}
		all = append(all, text)
	}
}

// refuseOtherForms refuses a parameter that can only mean Name but has another
// form: in other case, as Name.1 or as Name[1]. A filter that was ignored would
// match everything.
func refuseOtherForms(r Param, values map[string]string) error {
	for name := range values {
		switch {
		case !isForm(name, r.Name):
		case len(name) == len(r.Name):
			return because(r.Name, fmt.Errorf("is spelt so, and not %.64q", name))
		case r.Var.Shape().Type == JSON:
			return because(r.Name, fmt.Errorf("is one parameter that holds a JSON array, %s, and not %.64q", arrayExample(r), name))
		default:
			return because(r.Name, fmt.Errorf("is one value and not a list: there is no %.64q", name))
		}
	}
	return nil
}

// isForm reports whether the name of a parameter is that of a row in other case,
// or with an index or a member appended.
func isForm(name, row string) bool {
	if len(name) < len(row) || name == row || !strings.EqualFold(name[:len(row)], row) {
		return false
	}
	return len(name) == len(row) || name[len(row)] == '.' || name[len(row)] == '['
}

// arrayExample is an array of one item as it would be sent.
func arrayExample(r Param) string {
	var members []string
	for _, m := range r.Var.Shape().Items {
		if m.Required {
			members = append(members, fmt.Sprintf(`"%s":"…"`, m.Name))
		}
	}
	return r.Name + `=[{` + strings.Join(members, ",") + `}]`
}

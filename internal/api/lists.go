package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fillList stores Name.1, Name.2 and so on in the order of their numbers. Numbers
// may be missing and values empty: official clients send a list with a hole where
// an element is unset.
func fillList(r Param, values map[string]string) error {
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
			e := Invalid(r.Name)
			e.Reason = name + " " + err.Error()
			return e
		}
	}
	return nil
}

// refuseOtherForms refuses a parameter that can only mean Name and is written in
// another way: in other case, as Name.1 or as Name[1]. A filter that was passed over
// would let everything pass.
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

// isForm reports whether the name of a parameter is that of a row in other case, or
// with an index or a member after it.
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

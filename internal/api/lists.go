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
		suffix, ok := strings.CutPrefix(name, r.Name+".")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(suffix)
		if err != nil || n < 1 || strconv.Itoa(n) != suffix {
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
			return because(r.Name, fmt.Errorf("%s %w", name, err))
		}
	}
	return nil
}

// refuseNumbered refuses Name.1 or Name.1.Member where Name is no list: a filter
// that was passed over would let everything pass.
func refuseNumbered(r Param, values map[string]string) error {
	for name := range values {
		suffix, ok := strings.CutPrefix(name, r.Name+".")
		switch {
		case !ok:
		case r.Var.Shape().Type == JSON:
			return because(r.Name, fmt.Errorf("is one parameter that holds a JSON array, %s, and not %.64q", arrayExample(r), name))
		case suffix != "" && suffix[0] >= '0' && suffix[0] <= '9':
			return because(r.Name, fmt.Errorf("is one value and not a list: there is no %.64q", name))
		}
	}
	return nil
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

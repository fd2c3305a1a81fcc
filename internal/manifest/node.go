package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// An entry is an object of the file, from which one field after the other is
// taken. The first error is kept.
type entry struct {
	node   *yaml.Node
	fields map[string]*yaml.Node
	err    error
}

// object returns the object at n, which must have no fields but those named.
func object(n *yaml.Node, names ...string) (*entry, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return nil, at(n, fmt.Errorf("want an object with %s", strings.Join(names, ", ")))
	}
	e := &entry{node: n, fields: make(map[string]*yaml.Node)}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if !slices.Contains(names, name.Value) {
			return nil, at(name, fmt.Errorf("no field %q is known here%s", name.Value, nearest(name.Value, names)))
		}
		if e.fields[name.Value] != nil {
			return nil, at(name, fmt.Errorf("%s is there twice", name.Value))
		}
		e.fields[name.Value] = value
	}
	return e, nil
}

// nearest suggests the name that may have been meant: one that differs only in
// case, or begins alike.
func nearest(given string, names []string) string {
	for _, name := range names {
		if strings.EqualFold(name, given) {
			return ", but " + name
		}
	}
	return "; there are " + strings.Join(names, ", ")
}

// text is the value of a plain field, or instead if it is absent or null.
func (e *entry) text(name, instead string) string {
	n := e.fields[name]
	switch {
	case n == nil || n.Tag == "!!null":
		return instead
	case n.Kind != yaml.ScalarNode:
		e.fail(n, fmt.Errorf("%s: want one value", name))
		return instead
	}
	return n.Value
}

// texts is the values of a field that is one value or a list of them.
func (e *entry) texts(name string) []string {
	n := e.fields[name]
	if n == nil || n.Kind != yaml.SequenceNode {
		if text := e.text(name, ""); text != "" {
			return []string{text}
		}
		return nil
	}
	var all []string
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode || item.Value == "" {
			e.fail(item, fmt.Errorf("%s: want one value, or a list of values", name))
			return nil
		}
		all = append(all, item.Value)
	}
	return all
}

// must is the value of a required field.
func (e *entry) must(name string) string {
	value := e.text(name, "")
	if value == "" {
		e.fail(e.node, fmt.Errorf("%s is missing", name))
	}
	return value
}

// oneOf is the value of a field with fixed values, the first if it is absent.
func (e *entry) oneOf(name string, values ...string) string {
	value := e.text(name, values[0])
	if last := len(values) - 1; !slices.Contains(values, value) {
		e.fail(e.fields[name], fmt.Errorf("%s: want %s or %s, got %q", name, strings.Join(values[:last], ", "), values[last], value))
	}
	return value
}

// list is the items of a field that is a list, none if it is absent or null.
func (e *entry) list(name string) []*yaml.Node {
	n := e.fields[name]
	if n == nil || n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		e.fail(n, fmt.Errorf("%s: want a list", name))
		return nil
	}
	return n.Content
}

func (e *entry) fail(n *yaml.Node, err error) {
	if e.err == nil {
		e.err = at(n, err)
	}
}

// at prefixes the first error with the line of n.
func at(n *yaml.Node, errs ...error) error {
	err := cmp.Or(errs...)
	if err == nil {
		return nil
	}
	return fmt.Errorf("line %d: %w", n.Line, err)
}

package answer

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v4"
)

// absent is shown in a table for a missing value.
const absent = "-"

// printTables writes a tree for people: the plain fields of an object, one per
// line, then each list in it as a table. The request id is for logs and left out.
func printTables(w io.Writer, n *yaml.Node) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	switch {
	case n.Kind == yaml.SequenceNode:
		printRows(t, n)
	case n.Kind == yaml.MappingNode:
		printFields(t, n)
	default:
		fmt.Fprintln(t, cell(n))
	}
	return t.Flush()
}

// printFields writes an object.
func printFields(t *tabwriter.Writer, n *yaml.Node) {
	var lists []field
	plain := 0
	for _, f := range fields(n) {
		if list := listIn(f.value); list != nil {
			lists = append(lists, field{f.name, list})
		} else if f.name != "RequestId" {
			fmt.Fprintf(t, "%s\t%s\n", f.name, cell(f.value))
			plain++
		}
	}
	for i, l := range lists {
		if plain > 0 || i > 0 {
			fmt.Fprintln(t)
		}
		if plain > 0 || len(lists) > 1 {
			fmt.Fprintln(t, l.name)
		}
		printRows(t, l.value)
	}
}

// printRows writes a list: objects with a line of names above, anything else one
// value per line.
func printRows(t *tabwriter.Writer, list *yaml.Node) {
	names := columns(list)
	if len(names) > 0 {
		fmt.Fprintln(t, strings.Join(names, "\t"))
	}
	if len(list.Content) == 0 {
		fmt.Fprintln(t, "(none)")
	}
	for _, row := range list.Content {
		var cells []string
		switch {
		case len(names) > 0:
			cells = make([]string, len(names))
			for i, name := range names {
				cells[i] = cell(lookup(row, name))
			}
		case row.Kind == yaml.SequenceNode:
			for _, c := range row.Content {
				cells = append(cells, cell(c))
			}
		default:
			cells = []string{cell(row)}
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
}

// listIn is the list of objects in a field, or wrapped by it as in
// {"LoadBalancers": {"LoadBalancer": […]}}; nil if it is something else.
func listIn(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.MappingNode && len(n.Content) == 2 {
		n = n.Content[1]
	}
	if n.Kind != yaml.SequenceNode || slices.ContainsFunc(n.Content, notObject) {
		return nil
	}
	return n
}

func notObject(n *yaml.Node) bool { return n.Kind != yaml.MappingNode }

// columns are the names of the fields of all objects in a list, in the order in
// which they first occur; none if one of its items is no object.
func columns(list *yaml.Node) []string {
	var names []string
	for _, row := range list.Content {
		if notObject(row) {
			return nil
		}
		for _, f := range fields(row) {
			if !slices.Contains(names, f.name) {
				names = append(names, f.name)
			}
		}
	}
	return names
}

// A field is a field of an object.
type field struct {
	name  string
	value *yaml.Node
}

func fields(object *yaml.Node) []field {
	all := make([]field, 0, len(object.Content)/2)
	for i := 0; i+1 < len(object.Content); i += 2 {
		all = append(all, field{object.Content[i].Value, object.Content[i+1]})
	}
	return all
}

// lookup is the value of a field, nil if the object has none of that name.
func lookup(object *yaml.Node, name string) *yaml.Node {
	for _, f := range fields(object) {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// cell is a value on one line. Characters that would break the table or the
// terminal, such as control characters in a description, are escaped as in Go.
func cell(n *yaml.Node) string {
	switch {
	case n == nil || n.Tag == "!!null" || n.Kind == yaml.ScalarNode && n.Value == "":
		return absent
	case n.Kind == yaml.ScalarNode:
		return Visible(n.Value)
	}
	var parts []string
	if n.Kind == yaml.MappingNode {
		for _, f := range fields(n) {
			parts = append(parts, Visible(f.name)+"="+cell(f.value))
		}
		return strings.Join(parts, " ")
	}
	for _, c := range n.Content {
		parts = append(parts, cell(c))
	}
	if len(parts) == 0 {
		return absent
	}
	return strings.Join(parts, ", ")
}

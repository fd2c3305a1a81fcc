// Package answer writes an answer of the API for people and for scripts: as JSON,
// as YAML or as tables, all of it or the result of a JMESPath query. It knows
// nothing of operations or the network. Start reading at Print.
package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
)

// A Format is an output format.
type Format string

// The formats.
const (
	JSON  Format = "json"
	YAML  Format = "yaml"
	Table Format = "table"
)

// Formats lists the names of the formats.
var Formats = []string{string(JSON), string(YAML), string(Table)}

// Print writes body, the JSON text of an answer, or the result of q if q is not
// nil. Fields keep the order of the answer; those of an object created by a query
// are sorted by name, because queries have no order.
func Print(w io.Writer, body []byte, f Format, q *Query) error {
	if q != nil {
		var err error
		if body, err = q.Search(body); err != nil {
			return err
		}
	}
	tree, err := parse(body)
	if err != nil {
		return err
	}
	switch f {
	case Table:
		return printTables(w, tree)
	case YAML:
		e := yaml.NewEncoder(w)
		e.SetIndent(2)
		if err := e.Encode(tree); err != nil {
			return err
		}
		return e.Close()
	}
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}

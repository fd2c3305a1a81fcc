// Package answer writes an answer of the API for people and for scripts: as
// JSON, as YAML or as tables, all of it or what a JMESPath query finds in it.
// It knows nothing of operations or the network. Start reading at Print.
package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
)

// A Format is how an answer is written.
type Format string

// The formats.
const (
	JSON  Format = "json"
	YAML  Format = "yaml"
	Table Format = "table"
)

// Formats lists the formats by the names that people give them.
var Formats = []string{string(JSON), string(YAML), string(Table)}

// Print writes body, the JSON text of an answer, or what q finds in it if q is
// not nil. Fields keep the order of the answer; those of an object that a query
// has made are sorted by name, because a query knows no order.
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

package cli

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"elbow/internal/api"
)

// An absence is the error for an answer that has nothing but a request id. The answer is a
// success on the wire, as clients of the API expect for something that was deleted; on a
// terminal it is reported as not found.
type absence struct {
	op        *api.Operation
	params    map[string]string
	requestID string
}

func (a *absence) Error() string {
	var asked []string
	for _, r := range a.op.New().Params() {
		if value := a.params[r.Name]; r.Required && value != "" {
			asked = append(asked, r.Name+" "+value)
		}
	}
	return fmt.Sprintf("not found: the server has no %s (RequestId %s)", strings.Join(asked, ", "), a.requestID)
}

// absent returns an absence if a call that reads one object was answered with nothing but
// a request id.
func absent(op *api.Operation, params map[string]string, body []byte) error {
	var fields map[string]json.RawMessage
	if op.Access != "get" || json.Unmarshal(body, &fields) != nil {
		return nil
	}
	id, answered := fields["RequestId"]
	if delete(fields, "RequestId"); !answered || len(fields) > 0 {
		return nil
	}
	text, _ := plainText(id) // decoded JSON values can be printed
	return &absence{op, params, text}
}

// firstField matches the field of an answer that a JMESPath expression begins with, if it
// begins with one.
var firstField = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(?:$|[.\[])`)

// unknownField returns an error if an expression begins with a field that neither the
// answer has nor its operation ever returns: a misspelt name, for which a wait would never
// end.
func unknownField(op *api.Operation, expression string, body []byte) error {
	name := strings.TrimRight(firstField.FindString(expression), ".[")
	var fields map[string]json.RawMessage
	if name == "" || json.Unmarshal(body, &fields) != nil {
		return nil
	}
	known := answerFields(op)
	if _, there := fields[name]; there || slices.Contains(known, name) {
		return nil
	}
	return fmt.Errorf("--wait: the answer of %s has no field %s; it has %s", op.Name, name, strings.Join(known, ", "))
}

// answerFields returns the names of the fields that an operation can return.
func answerFields(op *api.Operation) []string {
	names := []string{"RequestId"}
	for _, f := range reflect.VisibleFields(reflect.Indirect(reflect.ValueOf(op.Out())).Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous || !f.IsExported() || name == "-":
		case name != "":
			names = append(names, name)
		default:
			names = append(names, f.Name)
		}
	}
	return names
}

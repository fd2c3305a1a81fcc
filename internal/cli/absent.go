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

// An absence is an operation's answer that has nothing in it: a success on the
// wire, as the API's clients expect it of what has gone, and for a person at a
// terminal something that was not found.
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

// absent is an absence if a call that reads one thing was answered with nothing
// but a request id.
func absent(op *api.Operation, params map[string]string, body []byte) error {
	var fields map[string]json.RawMessage
	if op.Access != "get" || json.Unmarshal(body, &fields) != nil {
		return nil
	}
	id, answered := fields["RequestId"]
	if delete(fields, "RequestId"); !answered || len(fields) > 0 {
		return nil
	}
	text, _ := plainText(id) // a JSON value that was decoded has one
	return &absence{op, params, text}
}

// firstField is the field of an answer that a JMESPath expression begins with,
// if it begins with one.
var firstField = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(?:$|[.\[])`)

// unknownField is an error if an expression begins with a field that neither an
// answer has nor its operation ever answers: a slip of the pen, for which no
// wait would be long enough.
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

// answerFields are the names of the fields that an operation answers.
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

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"elbow/internal/api"
)

// readInput reads the parameters of an operation from a file with a JSON object, or from
// standard input for -. Numbers, booleans and, for parameters that are JSON texts or
// lists, arrays may be written as such.
func readInput(path string, stdin io.Reader, rows []api.Param) (map[string]string, error) {
	text, err := readAll(path, stdin)
	if err != nil {
		return nil, fmt.Errorf("--cli-input: %w", err)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fmt.Errorf("--cli-input: %s: not an object of parameters: %w", path, err)
	}
	params := make(map[string]string)
	for _, r := range rows {
		value, given := values[r.Name]
		if !given {
			continue
		}
		if err := setInput(params, r, value); err != nil {
			return nil, fmt.Errorf("--cli-input: %s: %s %w", path, r.Name, err)
		}
		delete(values, r.Name)
	}
	if len(values) > 0 {
		unknown := slices.Sorted(maps.Keys(values))
		return nil, fmt.Errorf("--cli-input: %s: the operation has no parameter %s", path, strings.Join(unknown, ", "))
	}
	return params, nil
}

func readAll(path string, stdin io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(path)
}

// setInput sets the parameters that a value is sent as. null means that the parameter is
// absent.
func setInput(params map[string]string, r api.Param, value json.RawMessage) error {
	if bytes.Equal(value, []byte("null")) {
		return nil
	}
	switch r.Var.Shape().Type {
	case api.List:
		var items []json.RawMessage
		if err := json.Unmarshal(value, &items); err != nil {
			return fmt.Errorf("is not an array")
		}
		for i, item := range items {
			if bytes.Equal(item, []byte("null")) {
				return fmt.Errorf("has null in it")
			}
			text, err := plainText(item)
			if err != nil {
				return err
			}
			r.Sent(params, i+1, text)
		}
		return nil
	case api.JSON:
		if value[0] == '[' {
			params[r.Name] = string(value)
			return nil
		}
	}
	text, err := plainText(value)
	params[r.Name] = text
	return err
}

// plainText returns a JSON string without its quotes, and a number, a boolean or null as
// it is.
func plainText(value json.RawMessage) (string, error) {
	if value[0] == '[' || value[0] == '{' {
		return "", fmt.Errorf("must be one value")
	}
	var s string
	if value[0] == '"' && json.Unmarshal(value, &s) == nil {
		return s, nil
	}
	return string(value), nil
}

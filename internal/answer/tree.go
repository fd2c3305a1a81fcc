package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"elbow/internal/yamltext"
)

// parse parses a JSON text into a tree that keeps the order of fields, which a
// map does not. The nodes are YAML's, because that is one of the output formats,
// and can represent every JSON value.
func parse(body []byte) (*yaml.Node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := value(d)
	if err != nil {
		return nil, fmt.Errorf("the answer is not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("the answer is not JSON: more follows its end")
	}
	return n, nil
}

// value parses one value.
func value(d *json.Decoder) (*yaml.Node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		return collection(d, t)
	case string:
		return yamltext.Node(t), nil
	case json.Number:
		return number(t), nil
	case bool:
		return scalar("!!bool", strconv.FormatBool(t)), nil
	}
	return scalar("!!null", "null"), nil
}

// collection parses the rest of an object or an array.
func collection(d *json.Decoder, open json.Delim) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if open == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for d.More() { // names of fields are values that are strings
		v, err := value(d)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, v)
	}
	_, err := d.Token() // the end
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle // [] and {}: nothing else shows that it is empty
	}
	return n, err
}

func scalar(tag, text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

// number is a number in a form that YAML 1.1 reads as one, where 1e3 is a text:
// its fractions have a dot and its exponents a sign.
func number(n json.Number) *yaml.Node {
	if _, err := n.Int64(); err == nil {
		return scalar("!!int", n.String())
	}
	mantissa, exponent, found := strings.Cut(strings.ToLower(n.String()), "e")
	if !found {
		return scalar("!!float", mantissa)
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '-' && exponent[0] != '+' {
		exponent = "+" + exponent
	}
	return scalar("!!float", mantissa+"e"+exponent)
}

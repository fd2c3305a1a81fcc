package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseItems parses a JSON array of objects with the members of rows, each as the
// text that a client would send for it individually. Names are spelt as in the
// SDKs: an unknown member, or a duplicate, is refused by name, because an item
// without it would mean something else. The text null gives nil. An item that is
// null is left out, and so is a member that is null.
func parseItems(s string, rows []Param) ([]map[string]string, error) {
	if strings.TrimSpace(s) == "null" {
		return nil, nil
	}
	p := itemParser{dec: json.NewDecoder(strings.NewReader(s)), rows: rows}
	p.dec.UseNumber()
	items, err := p.array()
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return nil, errors.New("has something after its JSON array")
	}
	return items, nil
}

type itemParser struct {
	dec  *json.Decoder
	rows []Param
	item int // current item, counted from 1
}

var errItems = errors.New("is not a JSON array of objects")

func (p *itemParser) array() ([]map[string]string, error) {
	if t, err := p.dec.Token(); err != nil || t != json.Delim('[') {
		return nil, errItems
	}
	items := []map[string]string{}
	for p.dec.More() {
		p.item++
		switch t, err := p.dec.Token(); {
		case err != nil:
			return nil, errItems
		case t == nil:
		case t == json.Delim('{'):
			it, err := p.object()
			if err != nil {
				return nil, err
			}
			items = append(items, it)
		default:
			return nil, errItems
		}
	}
	if _, err := p.dec.Token(); err != nil {
		return nil, errItems
	}
	return items, nil
}

// object parses an item after its brace.
func (p *itemParser) object() (map[string]string, error) {
	it := make(map[string]string)
	seen := make(map[string]bool)
	for p.dec.More() {
		t, err := p.dec.Token()
		if err != nil {
			return nil, errItems
		}
		name, _ := t.(string)
		if !p.known(name) {
			return nil, fmt.Errorf("has in item %d an unknown member %.64q%s", p.item, name, p.instead(name))
		}
		if seen[name] {
			return nil, fmt.Errorf("has in item %d the member %s twice", p.item, name)
		}
		seen[name] = true
		switch value, err := p.dec.Token(); value := value.(type) {
		case string:
			it[name] = value
		case json.Number:
			it[name] = value.String()
		case nil:
			if err != nil {
				return nil, errItems
			}
		default:
			return nil, fmt.Errorf("has in item %d a member %s that is neither a text nor a number", p.item, name)
		}
	}
	if _, err := p.dec.Token(); err != nil {
		return nil, errItems
	}
	return it, nil
}

func (p *itemParser) known(name string) bool {
	for _, r := range p.rows {
		if r.Name == name {
			return true
		}
	}
	return false
}

// instead suggests the member that may have been meant, or lists all.
func (p *itemParser) instead(name string) string {
	var all []string
	for _, r := range p.rows {
		if strings.EqualFold(r.Name, name) {
			return "; it is spelt " + r.Name
		}
		all = append(all, r.Name)
	}
	return "; there are " + strings.Join(all, ", ")
}

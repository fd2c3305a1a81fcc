package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"elbow/internal/elb"
)

// backendsVar is the JSON array of backend servers. SDKs write numbers as
// texts, and empty texts and nulls for what was not set: each of them means
// absent (decisions, Wire 2).
type backendsVar struct {
	p              *[]elb.Backend
	weightRequired bool
}

func (v backendsVar) Value() any { return *v.p }

func (v backendsVar) Shape() Shape {
	return Shape{Type: JSON, Min: 1, Max: maxBackendItems, Items: v.rows(new(elb.Backend))}
}

// rows lists the members of one item.
func (v backendsVar) rows(b *elb.Backend) []Param {
	return []Param{
		{Name: "ServerId", Var: Text(&b.ServerID, 1, maxID, serverID), Required: true, Doc: "The ID of the backend server."},
		{Name: "Type", Var: OneOf(&b.Type, "ens", "eni"), Default: "ens", Doc: "What the ID names: an instance or a network interface."},
		{Name: "Weight", Var: Int(&b.Weight, 0, 100), Required: v.weightRequired, Default: v.weight(), Doc: "How much it gets of the requests, compared with the others. With 0 it takes no new sessions."},
		{Name: "Ip", Var: Address(&b.IP), Doc: "Its address. Needed where no instance is registered under the ID."},
		{Name: "Port", Var: Int(&b.Port, 0, 65535), Doc: "Its port. With 0 or none the listener decides."},
	}
}

func (v backendsVar) weight() string {
	if v.weightRequired {
		return ""
	}
	return "100"
}

func (v backendsVar) Set(s string) error {
	items, err := parseItems(s)
	if err != nil {
		return err
	}
	if items == nil {
		return Missing("BackendServers")
	}
	if len(items) < 1 || len(items) > maxBackendItems {
		return fmt.Errorf("must have 1 to %d items, not %d", maxBackendItems, len(items))
	}
	backends := make([]elb.Backend, len(items))
	for i, it := range items {
		if backends[i], err = v.backend(i+1, it); err != nil {
			return err
		}
	}
	*v.p = backends
	return nil
}

// backend reads item n, counted from 1.
func (v backendsVar) backend(n int, it map[string]string) (b elb.Backend, err error) {
	for _, r := range v.rows(&b) {
		s := cmp.Or(it[r.Name], r.Default)
		if s == "" {
			if r.Required {
				return b, MissingMember("BackendServers", n, r.Name)
			}
			continue
		}
		if err := r.Var.Set(s); err != nil {
			return b, InvalidMember("BackendServers", n, r.Name, err.Error())
		}
	}
	return b, nil
}

var serverID = rule{
	says:   "must be i-… or eni-… in letters, digits, - and _",
	prefix: "i-",
	ok: func(s string) bool {
		name, found := strings.CutPrefix(s, "i-")
		if !found {
			name, found = strings.CutPrefix(s, "eni-")
		}
		return found && name != "" && only(name, letters+digits+"-_")
	},
}

// parseItems reads a JSON array of objects, each member as the text a client
// would send for it by itself. The text null gives nil. An item that is null
// is left out.
func parseItems(s string) ([]map[string]string, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var raw []map[string]any
	if err := d.Decode(&raw); err != nil {
		return nil, errors.New("is not a JSON array of objects")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("has something after its JSON array")
	}
	if raw == nil {
		return nil, nil
	}
	items := make([]map[string]string, 0, len(raw))
	for n, members := range raw {
		if members == nil {
			continue
		}
		it := make(map[string]string, len(members))
		for name, value := range members {
			switch value := value.(type) {
			case nil:
			case string:
				it[name] = value
			case json.Number:
				it[name] = value.String()
			default:
				return nil, fmt.Errorf("has in item %d a member %s that is neither a text nor a number", n+1, name)
			}
		}
		items = append(items, it)
	}
	return items, nil
}

package api

import (
	"cmp"
	"fmt"
	"strings"

	"elbow/internal/elb"
)

// backendsVar is the JSON array of backend servers. SDKs write numbers as texts,
// and empty texts and nulls for unset members: each of them means absent
// (decisions, Wire 2).
type backendsVar struct {
	p              *[]BackendItem
	weightRequired bool
}

func (v backendsVar) Value() any { return *v.p }

func (v backendsVar) Shape() Shape {
	return Shape{Type: JSON, Min: 1, Max: maxBackendItems, Items: v.rows(new(elb.Backend))}
}

// rows lists the members of one item.
func (v backendsVar) rows(b *elb.Backend) []Param {
	return []Param{
		{Name: "ServerId", Var: Text(&b.ServerID, 1, maxID, serverID), Required: true, Errors: []ErrorID{ErrBackendServerExists, ErrBackendServerNotFound}, Names: instanceKind, Doc: "The ID of the backend server."},
		{Name: "Type", Var: OneOf(&b.Type, "ens", "eni"), Default: "ens", Doc: "What the ID names: an instance or a network interface."},
		{Name: "Weight", Var: Int(&b.Weight, 0, 100), Required: v.weightRequired, Default: v.weight(), Doc: "How much it gets of the requests, compared with the others. With 0 it takes no new sessions."},
		{Name: "Ip", Label: "IP address", Var: Address(&b.IP), Doc: "Its address. Needed where no instance is registered under the ID."},
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
	items, err := parseItems(s, v.Shape().Items)
	if err != nil {
		return err
	}
	if items == nil {
		return Missing("BackendServers")
	}
	if len(items) < 1 || len(items) > maxBackendItems {
		return fmt.Errorf("must have 1 to %d items, not %d", maxBackendItems, len(items))
	}
	backends := make([]BackendItem, len(items))
	for i, it := range items {
		if backends[i], err = v.backend(i+1, it); err != nil {
			return err
		}
	}
	*v.p = backends
	return nil
}

// backend parses item n, counted from 1.
func (v backendsVar) backend(n int, it map[string]string) (b BackendItem, err error) {
	b.AnyPort = it["Port"] == ""
	for _, r := range v.rows(&b.Backend) {
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

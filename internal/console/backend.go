package console

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"elbow/internal/api"
)

// backendPages change the backends of a load balancer.
type backendPages struct{ *visit }

// changeWeight changes the weight of one backend in place: htmx replaces the row by the
// one in the answer.
func (v backendPages) changeWeight() error {
	item := v.server()
	item["Weight"] = v.r.PostFormValue("weight")
	params := map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(item)}
	if item["Weight"] == "0" && v.r.PostFormValue("sure") == "" {
		if lb, err := balancerPages(v).describe(); err == nil && lastBackend(lb.BackendServers, item["ServerId"], item["Port"]) {
			return v.leave(v.here() + "/backends/drain?" + backendQuery(item["ServerId"], item["Port"]))
		}
	}
	if v.r.Header.Get("Hx-Request") == "" {
		return formPages(v).act("SetBackendServers", params, v.here(), "The weight is changed.")
	}
	_, failed := v.do("SetBackendServers", params)
	lb, err := balancerPages(v).describe()
	if err != nil {
		return err
	}
	for _, row := range balancerPages(v).backendRows(lb.BackendServers, termsOf(v.lb(), v.State())) {
		if row.ServerID != item["ServerId"] || row.Port != v.r.PostFormValue("port") {
			continue
		}
		if failed != nil {
			row.Failed = formPages(v).sentence(failed)
		}
		v.partial(200, "balancer", "backend-row", row)
		return nil
	}
	return errNotFound
}

// server returns the parameters that identify the backend of a form. Without a port they
// would mean every backend of the server.
func (v backendPages) server() map[string]string {
	return map[string]string{"ServerId": v.r.FormValue("server"), "Port": cmp.Or(v.r.FormValue("port"), "0")}
}

// items returns a parameter that lists one backend.
func items(item map[string]string) string {
	text, _ := json.Marshal([]map[string]string{item}) // strings can always be encoded
	return string(text)
}

// newBackendRows returns the members of a backend to be added.
func newBackendRows() []api.Param {
	rows := operation("AddBackendServers").New().Params()
	i := slices.IndexFunc(rows, func(r api.Param) bool { return r.Name == "BackendServers" })
	return rows[i].Var.Shape().Items
}

// newBackendForm returns the form for adding a backend, with the errors of the values that
// it was sent with.
func (v backendPages) newBackendForm(values map[string]string, failed error) form {
	rows := newBackendRows()
	f := formFrom(rows, values, map[string]tweak{"Type": leftOut})
	if failed != nil {
		formPages(v).explain(&f, rows, failed, api.RowFaults(rows, values))
	}
	return f
}

func (v backendPages) addBackend() error {
	values := make(map[string]string)
	for _, r := range newBackendRows() {
		if text := strings.TrimSpace(v.r.PostFormValue(r.Name)); text != "" {
			values[r.Name] = text
		}
	}
	_, err := v.do("AddBackendServers", map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(values)})
	if err != nil {
		return balancerPages(v).showBalancer(v.problemOf(err).Status, balancerForms{Backend: values, BackendFailed: err})
	}
	return v.done(v.here(), "The backend is added.")
}

func (v backendPages) removeBackendPage() error {
	server, port := v.r.FormValue("server"), v.r.FormValue("port")
	name := backendIDText(server, port)
	facts := []string{stopPages(v).loadOfBackend(v.lb(), name)}
	if lb, err := balancerPages(v).describe(); err == nil && lastBackend(lb.BackendServers, server, port) {
		facts = append(facts, stopPages(v).noBackendLeft())
	}
	return formPages(v).confirm(question{
		Call: "RemoveBackendServers", Title: "Remove the backend " + name + "?", Text: "It takes nothing new; requests, connections and sessions in progress may complete. To empty it first, set its weight to 0.",
		Facts: facts,
		Do:    v.here() + "/backends/remove", Back: v.here(), Button: "Remove", With: map[string]string{"server": server, "port": port},
	})
}

func (v backendPages) removeBackend() error {
	return formPages(v).act("RemoveBackendServers", map[string]string{"LoadBalancerId": v.lb(), "BackendServers": items(v.server())},
		v.here(), "The backend is removed.")
}

package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"elbow/internal/api"
)

// protocols returns the protocols of listeners that the API can create, as they appear in
// the names of operations: HTTPS.
func protocols() (all []string) {
	for _, op := range api.Operations() {
		name, creates := strings.CutPrefix(op.Name, "CreateLoadBalancer")
		if protocol, ok := strings.CutSuffix(name, "Listener"); creates && ok {
			all = append(all, protocol)
		}
	}
	return all
}

// listenerPages show a listener, and create, change, start and delete listeners.
type listenerPages struct{ *visit }

// protocol returns the protocol of the page; false if it is not one of protocols.
func (v listenerPages) protocol() (string, bool) {
	p := strings.ToUpper(v.r.PathValue("protocol"))
	return p, slices.Contains(protocols(), p)
}

func (v listenerPages) newListenerPage() error {
	if p, ok := v.protocol(); ok {
		if err := v.needsCall("CreateLoadBalancer"+p+"Listener", nil); err != nil {
			return err
		}
	}
	values := map[string]string{"HealthCheck": "on", "LoadBalancerId": v.lb()}
	if p, _ := v.protocol(); usualPorts[p] != "" {
		values["ListenerPort"] = usualPorts[p]
	}
	return v.listenerForm(200, values, nil)
}

// usualPorts are the default ports of the protocols.
var usualPorts = map[string]string{"HTTPS": "443", "HTTP": "80"}

// A newListener is the page on which a listener is created.
type newListener struct {
	form
	Balancer, BalancerName, Protocol string
	Protocols                        []string
}

func (v listenerPages) listenerForm(status int, values map[string]string, failed error) error {
	p, ok := v.protocol()
	if !ok {
		return errNotFound
	}
	op := operation("CreateLoadBalancer" + p + "Listener")
	f := formPages(v).formOf(op, values, failed, map[string]tweak{
		"LoadBalancerId": leftOut, "ServerCertificateId": v.offeringCertificates,
	})
	v.render(status, "listener_new", "New "+p+" listener", newListener{f, v.lb(), formPages(v).balancerName(), p, protocols()})
	return nil
}

func (v listenerPages) createListener() error {
	p, ok := v.protocol()
	if !ok {
		return errNotFound
	}
	op := operation("CreateLoadBalancer" + p + "Listener")
	values := formPages(v).values(op)
	values["LoadBalancerId"] = v.lb()
	if _, err := v.do(op.Name, values); err != nil {
		return v.listenerForm(v.problemOf(err).Status, values, err)
	}
	page := v.listenerAt(values["ListenerPort"])
	if v.r.PostFormValue("start") == "" {
		return v.done(page, "The listener is made. Start it when it should serve.")
	}
	return formPages(v).act("StartLoadBalancerListener", v.listenerKey(values["ListenerPort"]), page, "The listener is made and started.")
}

// listenerAt returns the page of a listener of the page's load balancer and protocol.
func (v listenerPages) listenerAt(port string) string {
	return v.here() + "/listeners/" + url.PathEscape(v.r.PathValue("protocol")) + "/" + url.PathEscape(port)
}

// listenerKey returns the parameters that identify a listener.
func (v listenerPages) listenerKey(port string) map[string]string {
	return map[string]string{
		"LoadBalancerId": v.lb(), "ListenerPort": port, "ListenerProtocol": strings.ToLower(v.r.PathValue("protocol")),
	}
}

// certificateOptions returns the certificates that a listener can serve.
func (v listenerPages) certificateOptions() (all []option, err error) {
	out, err := ask[api.ListUserCertificateOrderOutput](v.visit, "ListUserCertificateOrder", map[string]string{"ShowSize": "100"})
	for _, c := range out.CertificateOrderList {
		if !c.Expired {
			all = append(all, option{Value: fmt.Sprint(c.CertificateID), Text: fmt.Sprintf("%s, %s, until %s", c.Name, hosts(c.Sans, c.CommonName), c.EndDate)})
		}
	}
	return all, err
}

// offeringCertificates makes the field a choice of certificates, as far as the visitor may
// see them.
func (v listenerPages) offeringCertificates(f *field) bool {
	balancerPages(v).offering(v.certificateOptions)(f)
	if f.Kind == "select" {
		f.Help, f.More = "The one that clients are shown.", ""
	}
	return true
}

// A listenerPage shows one listener.
type listenerPage struct {
	Balancer, Protocol, Port string
	BalancerName             string
	Active                   bool // the load balancer is active; otherwise its listeners cannot be changed
	State, Reason            string
	Description              string
	Facts                    []fact
	Health                   []api.BackendHealth
	Settings                 form
	Open                     bool // the settings are shown unfolded
	Certificates             []option
	Certificate              string   // ids, as the API has them
	Serves                   []option // the certificates, by id
}

// A fact is one setting with its value, and the page that the value links to; "" for none.
type fact struct {
	Name, Value, To string
	Mono            bool // the value is an id
}

func (v listenerPages) listener() error { return v.showListener(200, nil, nil) }

// showListener shows a listener. If a change failed, its form has the values that were
// sent.
func (v listenerPages) showListener(status int, sent map[string]string, failed error) error {
	p, ok := v.protocol()
	if !ok {
		return errNotFound
	}
	answer, err := v.do("DescribeLoadBalancer"+p+"ListenerAttribute", map[string]string{"LoadBalancerId": v.lb(), "ListenerPort": v.r.PathValue("port")})
	if err != nil {
		return err
	}
	values, health := textsOf(answer)
	page := listenerPage{
		Balancer: v.lb(), Protocol: p, Port: v.r.PathValue("port"), State: values["Status"], Reason: values["StatusReason"],
		Description: values["Description"], Health: health, Open: failed != nil, Certificate: values["ServerCertificateId"],
	}
	page.Certificates, _ = v.certificateOptions() // without the permission the visitor has to type the id
	for i := range page.Certificates {
		page.Certificates[i].Chosen = page.Certificates[i].Value == page.Certificate
	}
	page.Serves = formPages(v).serves(page.Certificate)
	if len(page.Certificates) > 0 && !slices.ContainsFunc(page.Certificates, func(o option) bool { return o.Chosen }) {
		// A listener may have several certificates, or one that has expired or is not
		// listed.
		page.Certificates = append([]option{{Value: page.Certificate, Text: textsOfOptions(page.Serves), Chosen: true}}, page.Certificates...)
	}
	page.BalancerName, page.Active = formPages(v).balancerBrief()
	op := operation("SetLoadBalancer" + p + "ListenerAttribute")
	shown := maps.Clone(values)
	shown["ServerCertificateId"] = textsOfOptions(page.Serves)
	page.Facts = factsOf(operation("CreateLoadBalancer"+p+"Listener"), shown)
	if failed != nil {
		values = maps.Clone(sent)
	}
	page.Settings = formPages(v).formOf(op, values, failed, map[string]tweak{
		"LoadBalancerId": leftOut, "ListenerPort": leftOut, "ServerCertificateId": leftOut,
	})
	v.render(status, "listener", p+" listener "+page.Port+" of "+page.BalancerName, page)
	return nil
}

// textsOf returns the fields of an answer as texts, whatever its type, and the health of
// its backends.
func textsOf(answer any) (values map[string]string, health []api.BackendHealth) {
	text, _ := json.Marshal(answer) // answers of the API can always be encoded
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(text, &fields)
	values = make(map[string]string)
	for name, raw := range fields {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			values[name] = s
		} else if number := string(raw); number != "0" && !strings.HasPrefix(number, "[") && !strings.HasPrefix(number, "{") {
			values[name] = number
		}
	}
	_ = json.Unmarshal(fields["BackendHealth"], &health)
	return values, health
}

// factsOf returns the values for which an operation has a parameter, in its order.
func factsOf(op *api.Operation, values map[string]string) (all []fact) {
	for _, r := range op.New().Params() {
		if r.Name == "LoadBalancerId" || r.Name == "Description" || values[r.Name] == "" {
			continue
		}
		if !holds(r.When, values) {
			continue
		}
		value := values[r.Name]
		if unit := r.Var.Shape().Unit; unit != "" {
			value += " " + unit
		}
		all = append(all, fact{Name: labelOf(r), Value: value})
	}
	return all
}

func holds(when []api.Cond, values map[string]string) bool {
	return !slices.ContainsFunc(when, func(c api.Cond) bool { return values[c.Name] != c.Is })
}

func (v listenerPages) changeListener() error {
	p, ok := v.protocol()
	if !ok {
		return errNotFound
	}
	op := operation("SetLoadBalancer" + p + "ListenerAttribute")
	values := formPages(v).values(op)
	if _, given := v.r.PostForm["Description"]; given {
		values["Description"] = v.r.PostFormValue("Description") // an empty value clears the description
	}
	values["LoadBalancerId"], values["ListenerPort"] = v.lb(), v.r.PathValue("port")
	if _, err := v.do(op.Name, values); err != nil {
		return v.showListener(v.problemOf(err).Status, values, err)
	}
	return v.done(v.listenerAt(v.r.PathValue("port")), "The settings are changed. No connection was broken.")
}

func (v listenerPages) startListener() error {
	return formPages(v).act("StartLoadBalancerListener", v.listenerKey(v.r.PathValue("port")), v.listenerAt(v.r.PathValue("port")), "The listener is started.")
}

func (v listenerPages) stopListener() error {
	return formPages(v).act("StopLoadBalancerListener", v.listenerKey(v.r.PathValue("port")), v.listenerAt(v.r.PathValue("port")), "The listener is stopped. Requests and connections in progress may complete.")
}

func (v listenerPages) deleteListenerPage() error {
	at := v.listenerAt(v.r.PathValue("port"))
	return formPages(v).confirm(question{
		Call: "DeleteLoadBalancerListener", Title: "Delete the listener on port " + v.r.PathValue("port") + " of " + formPages(v).balancerName() + "?", Button: "Delete",
		Text:  "It closes its port; requests and connections in progress may complete. Its settings are deleted.",
		Facts: []string{stopPages(v).loadOfListener(v.lb(), v.r.PathValue("protocol"), v.r.PathValue("port"))}, Do: at + "/delete", Back: at,
	})
}

func (v listenerPages) deleteListener() error {
	return formPages(v).act("DeleteLoadBalancerListener", v.listenerKey(v.r.PathValue("port")), v.here(), "The listener is deleted.")
}

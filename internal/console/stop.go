package console

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// itemsOf returns the items of a parameter that is a JSON array; none if it cannot be
// parsed.
func itemsOf(text string) (all []map[string]any) {
	_ = json.Unmarshal([]byte(text), &all) // the API reports the error
	return all
}

// load is the current traffic of a listener, backend or load balancer.
type load struct {
	rate float64 // exchanges a second
	open int64   // client connections or, of a backend, exchanges in flight
}

// sentence describes the traffic; of is the name of what open counts.
func (l load) sentence(of string) string {
	if l.rate < 0.05 && l.open == 0 {
		return "It has no traffic at this moment."
	}
	if l.rate < 0.05 { // TCP and UDP listeners have no requests
		return fmt.Sprintf("At this moment it has %s.", counted(l.open, of))
	}
	return fmt.Sprintf("At this moment it has %.1f requests a second and %s.", l.rate, counted(l.open, of))
}

// stopPages ask for confirmation before something in use is stopped, and list what ends
// with it.
type stopPages struct{ *visit }

// loads describes the traffic of something, as far as the visitor may see it.
func (v stopPages) loads(of string, find func(*live) load) string {
	if !v.may(watching) {
		return "How much traffic it has is not shown: your policies do not allow " + watching + "."
	}
	overviewPages(v).newest() // waits for the first sample
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	return find(v.live).sentence(of)
}

func (v stopPages) loadOfBalancer(lb string) string {
	return v.loads("client connection", func(l *live) load {
		r := l.rings[lb]
		if r == nil {
			return load{}
		}
		p := r.newest()
		return load{float64(p.Rate()), int64(p.Open)}
	})
}

func (v stopPages) loadOfListener(lb, protocol, port string) string {
	if elb.Protocol(protocol).UsesUDP() { // the key under which UDP is counted
		return v.loads("client session", func(l *live) load { return l.loads[listenerName{lb, port + "/udp"}] })
	}
	return v.loads("client connection", func(l *live) load { return l.loads[listenerName{lb, port}] })
}

func (v stopPages) loadOfBackend(lb, id string) string {
	return v.loads(termsOf(lb, v.State()).one, func(l *live) load {
		for _, b := range l.backends[lb] {
			if b.ID == id {
				return load{b.Rate, b.Active}
			}
		}
		return load{}
	})
}

// runningListeners names the listeners of a load balancer that would close.
func runningListeners(lb string, s State) (all []string) {
	for _, l := range listenersOf(lb, s) {
		if l.State != string(elb.Stopped) {
			all = append(all, strings.ToUpper(l.Protocol)+" on port "+l.Port)
		}
	}
	return all
}

// closing describes the listeners that close.
func closing(listeners []string) string {
	switch len(listeners) {
	case 0:
		return "None of its listeners runs."
	case 1:
		return "Its listener closes: " + listeners[0] + "."
	}
	return fmt.Sprintf("Its %d running listeners close: %s.", len(listeners), strings.Join(listeners, ", "))
}

func (v stopPages) deactivatePage() error {
	lb, err := balancerPages(v).describe()
	if err != nil {
		return err
	}
	return formPages(v).confirm(question{
		Call: "SetLoadBalancerStatus", Title: "Deactivate " + lb.LoadBalancerName + "?", Button: "Deactivate",
		Text:  "New connections to " + lb.Address + " are refused until it is activated again. Requests, connections and sessions in progress may complete.",
		Facts: []string{closing(runningListeners(v.lb(), v.State())), v.loadOfBalancer(v.lb())},
		Do:    v.here() + "/status", Back: v.here(), With: map[string]string{"status": string(elb.InActive)},
	})
}

func (v stopPages) stopListenerPage() error {
	port := v.r.PathValue("port")
	at := listenerPages(v).listenerAt(port)
	return formPages(v).confirm(question{
		Call: "StopLoadBalancerListener", Title: "Stop the listener on port " + port + " of " + formPages(v).balancerName() + "?", Button: "Stop",
		Text:  closesPort(v.r.PathValue("protocol")),
		Facts: []string{v.loadOfListener(v.lb(), v.r.PathValue("protocol"), port)}, Do: at + "/stop", Back: at,
	})
}

// closesPort says what the stop of a listener does.
func closesPort(protocol string) string {
	if elb.Protocol(protocol).UsesUDP() {
		return "It closes its port: datagrams of new clients are refused until it is started again. Sessions in progress may complete."
	}
	return "It closes its port: new connections are refused until it is started again. Requests and connections in progress may complete."
}

// lastBackend reports whether no other backend of the load balancer takes requests.
func lastBackend(servers []api.AttachedServer, server, port string) bool {
	serving := slices.ContainsFunc(servers, func(b api.AttachedServer) bool { return b.ServerID == server && b.Port == port && b.Weight > 0 })
	return serving && !slices.ContainsFunc(servers, func(b api.AttachedServer) bool {
		return b.Weight > 0 && (b.ServerID != server || b.Port != port)
	})
}

// noBackendLeft says what becomes of the traffic of a load balancer without a backend.
func (v stopPages) noBackendLeft() string {
	return "It is the last backend that takes traffic: after it " + termsOf(v.lb(), v.State()).NoBackend + "."
}

// drainLastPage asks before the last backend that takes requests is drained. Others are
// drained without a question, because their requests go to the remaining backends.
func (v stopPages) drainLastPage() error {
	server, port := v.r.FormValue("server"), v.r.FormValue("port")
	id := backendIDText(server, port)
	return formPages(v).confirm(question{
		Call: "SetBackendServers", Title: "Drain the last backend, " + id + "?", Button: "Drain", Text: v.noBackendLeft(),
		Facts: []string{v.loadOfBackend(v.lb(), id)}, Do: v.here() + "/backends/weight", Back: v.here(),
		With: map[string]string{"server": server, "port": port, "weight": "0", "sure": "1"},
	})
}

func (v stopPages) switchKeyOffPage() error {
	key := v.r.FormValue("key")
	return formPages(v).confirm(question{
		Call: "UpdateAccessKey", Params: userPages(v).of(), Title: "Switch off the access key " + key + "?", Button: "Switch off",
		Text:  "Whatever signs with it is refused until it is switched on again, and who signed in to this console with it is signed out.",
		Facts: v.keyFacts(key), Do: userPages(v).userAt() + "/keys/status", Back: userPages(v).userAt(), With: map[string]string{"key": key, "status": api.KeyInactive},
	})
}

// keyFacts lists the last uses of a key, if there is an audit log and the visitor may read
// it.
func (v stopPages) keyFacts(key string) (all []string) {
	if key == v.person.Identity.AccessKeyID {
		all = append(all, "It is the key that you are signed in with: you will be signed out.")
	}
	if v.AuditLog == "" || !v.may(auditing) {
		return append(all, "What signs with it is not known here: the audit log is not shown.")
	}
	lines, more, err := readAudit(v.AuditLog, -1, func(l *auditLine) bool { return l.AccessKey == key && l.Via == "" })
	switch {
	case err != nil:
		v.Log.Warn("audit log not read", "err", err)
		return append(all, "What signs with it is not known: the audit log cannot be read.")
	case len(lines) == 0 && more > 0:
		return append(all, "The newest part of the audit log has no call signed with it.")
	case len(lines) == 0:
		return append(all, "The audit log has no call signed with it.")
	}
	l := lines[0]
	ago := v.Now().Sub(l.Time).Round(time.Minute)
	return append(all, fmt.Sprintf("The last call signed with it was %s from %s, %s UTC (%s ago).", l.Action, l.Source, l.Time.UTC().Format("2006-01-02 15:04:05"), ago))
}

func (v stopPages) detachPage() error {
	return holderPages(v).detachPage(userPages(v).holder(), "What only this policy allows the user is refused from then on, for access keys and in this console alike. What it denies is denied no more.")
}

func (v stopPages) deleteLoginPage() error {
	user := v.r.PathValue("user")
	fact := "The user is not signed in at this moment."
	if n := v.sessions.of(v.person.Identity.AccountID, user); n > 0 {
		fact = "The user is signed in at this moment: " + plural(n, "session") + " will end."
	}
	return formPages(v).confirm(question{
		Call: "DeleteLoginProfile", Params: userPages(v).of(), Title: "Take the password of " + user + " away?", Button: "Take the password away",
		Text:  "The user cannot sign in to this console until there is another password. Access keys go on working.",
		Facts: []string{fact}, Do: userPages(v).userAt() + "/login/delete", Back: userPages(v).userAt(),
	})
}

// stopFacts lists what a call of the Explorer would stop, as far as its parameters
// identify it.
func (v stopPages) stopFacts(op *api.Operation, values map[string]string) (all []string) {
	lb, port := values["LoadBalancerId"], values["ListenerPort"]
	if strings.HasPrefix(values["InstanceId"], "lb-") {
		lb = values["InstanceId"]
	}
	switch {
	case lb == "":
	case port != "":
		all = append(all, "The listener on port "+port+": "+v.loadOfListener(lb, values["ListenerProtocol"], port))
	case values["BackendServers"] != "":
		for _, item := range itemsOf(values["BackendServers"]) {
			id := backendIDText(fmt.Sprint(item["ServerId"]), fmt.Sprint(item["Port"]))
			all = append(all, id+": "+v.loadOfBackend(lb, id))
		}
	default:
		all = append(all, closing(runningListeners(lb, v.State())), v.loadOfBalancer(lb))
	}
	if key := values["UserAccessKeyId"]; key != "" {
		all = append(all, v.keyFacts(key)...)
	}
	return all
}

// backendQuery returns the query that identifies a backend.
func backendQuery(server, port string) string {
	return url.Values{"server": {server}, "port": {port}}.Encode()
}

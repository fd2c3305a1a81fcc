package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// withBalancer adds a load balancer with hostile texts to a site.
func withBalancer(s *site) {
	s.state = State{
		LoadBalancers: []elb.LoadBalancer{{ID: "lb-1", Name: hostile, Status: elb.Active, Backends: []elb.Backend{{ServerID: hostile, Port: 80}}}},
		Listeners:     []elb.Listener{{LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Started: true}},
		Statuses: []elb.ListenerStatus{{
			LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, State: elb.Starting, Reason: hostile,
			Backends: []elb.BackendStatus{{ServerID: hostile, Address: "10.0.0.1:80", Health: "unhealthy", LastErr: hostile}},
		}},
	}
	s.answers["DescribeLoadBalancers"] = api.DescribeLoadBalancersOutput{
		LoadBalancers: api.LoadBalancers{LoadBalancer: []api.LoadBalancer{{LoadBalancerID: "lb-1", LoadBalancerName: hostile, LoadBalancerStatus: elb.Active}}},
		Page:          api.Page{PageNumber: 1, PageSize: 20, TotalCount: 45},
	}
	s.answers["DescribeLoadBalancerAttribute"] = api.DescribeLoadBalancerAttributeOutput{
		LoadBalancerID: "lb-1", LoadBalancerName: hostile, LoadBalancerStatus: elb.Active,
		BackendServers: []api.AttachedServer{{ServerID: hostile, IP: "10.0.0.1", Port: "80", Weight: 100}},
	}
	s.answers["DescribeLoadBalancerListeners"] = api.DescribeLoadBalancerListenersOutput{Listeners: api.Listeners{
		Listener: []api.Listener{{ListenerPort: "443", Protocol: elb.HTTPS, Status: "starting", StatusReason: hostile, Description: hostile, ListenerForward: "off"}},
	}}
	s.answers["DescribeLoadBalancerHTTPSListenerAttribute"] = api.DescribeLoadBalancerHTTPSListenerAttributeOutput{
		ListenerPort: 443, Description: hostile, Status: elb.Starting, StatusReason: hostile, ServerCertificateID: "1",
		BackendHealth: []api.BackendHealth{{ServerID: hostile, Reason: hostile}},
	}
	s.answers["ListUserCertificateOrder"] = api.ListUserCertificateOrderOutput{
		CertificateOrderList: []api.CertificateOrder{{CertificateID: 1, Name: hostile, Sans: hostile, CommonName: hostile}}, TotalCount: 1,
	}
	s.answers["GetUserCertificateDetail"] = api.GetUserCertificateDetailOutput{ID: 1, Name: hostile, Sans: hostile, Issuer: hostile}
	s.answers["ListUsers"] = api.ListUsersOutput{Users: api.Users{User: []api.User{{UserName: hostile, DisplayName: hostile, Comments: hostile}}}}
	s.answers["GetUser"] = api.GetUserOutput{User: api.User{UserName: hostile, DisplayName: hostile}}
	s.answers["ListPolicies"] = api.ListPoliciesOutput{Policies: api.Policies{Policy: []api.Policy{{PolicyName: hostile, Description: hostile}}}}
	s.answers["GetPolicy"] = api.GetPolicyOutput{Policy: api.Policy{PolicyName: hostile}, DefaultPolicyVersion: api.PolicyVersion{PolicyDocument: hostile}}
	s.answers["ListPoliciesForUser"] = api.ListPoliciesForUserOutput{}
}

// Texts from clients are escaped, on every page and in every form that is shown again.
func TestTextsAreEscaped(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	withNetworks(s)
	withGroups(s)
	withInstances(s)
	b := s.signIn(t, "root-key")
	h := url.QueryEscape(hostile)
	for _, page := range []string{
		"", "load-balancers", "load-balancers?find=" + h + "&status=" + h + "&page=" + h, "load-balancers/lb-1", "load-balancers/lb-1/release",
		"load-balancers/" + url.PathEscape(hostile), "load-balancers/lb-1/backends/remove?server=" + h + "&port=" + h,
		"load-balancers/lb-1/listeners/https/new", "load-balancers/lb-1/listeners/http/new", "load-balancers/lb-1/listeners/tcp/new", "load-balancers/lb-1/listeners/udp/new", "load-balancers/lb-1/listeners/https/443", "load-balancers/lb-1/listeners/" + url.PathEscape(hostile) + "/443",
		"certificates?find=" + h, "certificates/1", "users", "users/" + url.PathEscape(hostile), "users/x/keys/delete?key=" + h,
		"policies", "policies/Custom/x", "policies/tester?user=" + h + "&action=" + h + "&resource=" + h + "&source=" + h, "signin?back=" + h,
		"networks", "networks/n-1", "networks/" + url.PathEscape(hostile), "networks/n-1/delete", "networks/n-1/vswitches/new", "networks/n-1/vswitches/vsw-1", "networks/n-1/vswitches/vsw-1/delete",
		"groups", "groups/x", "groups/x/users/remove?user=" + h, "groups/x/policies/detach?policy=" + h, "groups/x/delete", "groups/" + url.PathEscape(hostile),
		"roles", "roles/x", "roles/x/policies/detach?policy=" + h, "roles/x/delete", "roles/" + url.PathEscape(hostile),
		"instances", "instances/i-1", "instances/i-1/delete", "instances/" + url.PathEscape(hostile), "instance-ranges/delete?range=" + h,
		"eips", "eips/eip-1", "eips/eip-1/unassociate", "eips/" + url.PathEscape(hostile) + "/delete",
	} {
		got := b.get(page)
		if got.StatusCode >= 500 || strings.Contains(got.text, "<script>alert") || strings.Contains(got.text, "<img src=x") {
			t.Errorf("%s: status %d, %s", page, got.StatusCode, got.text)
		}
	}
	s.with(func() { // a form is shown again if its call is refused
		for _, action := range []string{"CreateNetwork", "CreateVSwitch", "CreateEipInstance", "CreateGroup", "UpdateGroup"} {
			delete(s.answers, action)
		}
	})
	for _, page := range []string{"load-balancers", "load-balancers/lb-1/listeners/https", "certificates", "users", "policies", "policies/check", "networks", "networks/n-1", "networks/n-1/vswitches", "eips", "eips/eip-1", "eips/eip-1/associate", "groups", "groups/x", "roles", "roles/x", "roles/x/session", "instances", "instances/i-1", "instance-ranges", "networks/n-1/tags", "networks/n-1/vswitches/vsw-1/tags", "eips/eip-1/tags", "instances/i-1/tags", "load-balancers/lb-1/tags"} {
		b.get("")
		got := b.post(page, "LoadBalancerName", hostile, "Description", hostile, "Name", hostile, "UserName", hostile, "PolicyName", hostile, "PolicyDocument", hostile, "ListenerPort", hostile, "NetworkName", hostile, "VSwitchName", hostile, "CidrBlock", hostile, "InstanceId", hostile,
			"PrivateIpAddress", hostile, "Key", hostile, "Value", hostile, "GroupName", hostile, "NewGroupName", hostile, "RoleName", hostile, "AssumeRolePolicyDocument", hostile, "NewAssumeRolePolicyDocument", hostile, "RoleSessionName", hostile)
		if page != "policies/check" && !strings.Contains(got.text, "&lt;script&gt;alert") { // the check shows only where the error is
			t.Errorf("%s: status %d, the text is not shown again: %s", page, got.StatusCode, got.text)
		}
		if got.StatusCode >= 500 || strings.Contains(got.text, "<script>alert") || strings.Contains(got.text, "<img src=x") {
			t.Errorf("%s: status %d, %s", page, got.StatusCode, got.text)
		}
	}
}

// An action that the visitor may not perform is not offered; a request for it is refused
// with the name of the action.
func TestNotAllowed(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	s.people["alice"].Policies = append(s.people["alice"].Policies, policyOf(t, "ens:Describe*"))
	b := s.signIn(t, "alice")
	got := b.get("load-balancers/lb-1")
	got.want(t, http.StatusOK, "Backends")
	for _, offer := range []string{"Release…", "Deactivate", "Drain", "Remove…", "New HTTPS listener", "Add a backend", "Rename"} {
		if strings.Contains(got.text, offer) {
			t.Errorf("%s is offered", offer)
		}
	}
	b.post("load-balancers/lb-1/status", "status", "InActive").want(t, http.StatusSeeOther)
	b.get("load-balancers/lb-1").want(t, http.StatusOK, "You may not do this", "ens:SetLoadBalancerStatus")

	s.with(func() { s.people["alice"].Policies = nil; delete(s.answers, "DescribeLoadBalancers") })
	b.get("").want(t, http.StatusOK, "You may not do this", "ens:DescribeLoadBalancers")
	b.get("load-balancers").want(t, http.StatusForbidden, "ens:DescribeLoadBalancers")
	b.get("live/overview").want(t, http.StatusForbidden, "ens:DescribeLoadBalancers")
	b.get("series?span=15m").want(t, http.StatusForbidden, "ens:DescribeLoadBalancers")
}

// validForm is a form for a listener in which the tables find no error.
var validForm = []string{
	"ListenerPort", "8443", "Description", "as typed", "HealthCheckHttpCode", "http_2xx", "HealthCheckHttpCode", "http_3xx", "HealthCheck", "on",
	"ServerCertificateId", "1",
}

// An error of the API is shown beside its field, with the label of the field, and the
// values that were typed stay.
func TestErrorBesideTheField(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	for code, field := range map[string]string{
		"InvalidListenerPort": "ListenerPort", "MissingCookie": "Cookie", "InvalidParameter.ForwardPort": "ForwardPort",
		"ListenerAlreadyExists": "ListenerPort", "ServerCertificateNotFound": "ServerCertificateId", "IncorrectInstanceStatus": "",
	} {
		s.with(func() {
			s.answers["CreateLoadBalancerHTTPSListener"] = &rpc.Error{Status: 400, Code: code, Message: "The documented message.", Recommend: "What exactly is wrong"}
		})
		got := b.post("load-balancers/lb-1/listeners/https", validForm...)
		got.want(t, http.StatusBadRequest, "The documented message. What exactly is wrong.", `value="as typed"`, `value="8443"`)
		if field != "" && (!strings.Contains(got.text, `id="e-`+field+`">The documented message.`) || !strings.Contains(got.text, `<a href="#f-`+field+`">The documented message.`)) {
			t.Errorf("%s does not stand beside %s", code, field)
		}
		if field == "" && strings.Contains(got.text, `id="e-`) {
			t.Errorf("%s stands beside a field", code)
		}
	}
	if !s.called("CreateLoadBalancerHTTPSListener Description=as typed HealthCheck=on HealthCheckHttpCode=http_2xx,http_3xx ListenerPort=8443 LoadBalancerId=lb-1 ServerCertificateId=1") {
		t.Errorf("calls: %q", s.calls)
	}
}

// Every parameter of the operation has a field, with its condition and default.
func TestFormFollowsTheTable(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	text := s.signIn(t, "root-key").get("load-balancers/lb-1/listeners/https/new").text
	for _, r := range operation("CreateLoadBalancerHTTPSListener").New().Params() {
		if r.Name == "LoadBalancerId" {
			continue
		}
		if !strings.Contains(text, `name="`+r.Name+`"`) {
			t.Errorf("no field for %s", r.Name)
		}
	}
	for _, want := range []string{`data-when="StickySession=on&amp;StickySessionType=insert"`, `placeholder="15"`, "default: wrr", `data-when="HealthCheck=on"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"HealthCheckURI": "Health check URI", "UserName": "User name", "IdleTimeout": "Idle timeout", "Description": "Description",
		"MobilePhone": "Mobile phone", "CertId": "Cert id",
	} {
		if got := words(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A weight is changed in place: the answer is the row.
func TestWeightInPlace(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	s.answers["SetBackendServers"] = api.SetBackendServersOutput{}
	b := s.signIn(t, "root-key")
	send := func() shown {
		r := b.request("POST", "load-balancers/lb-1/backends/weight", url.Values{"server": {hostile}, "port": {"80"}, "weight": {"7"}})
		r.Header.Set("Hx-Request", "true")
		r.Header.Set(tokenHeader, b.token)
		return b.do(r)
	}
	got := send()
	got.want(t, http.StatusOK, "<tr data-backend=")
	item, _ := json.Marshal([]map[string]string{{"ServerId": hostile, "Port": "80", "Weight": "7"}})
	if !s.called("SetBackendServers BackendServers=" + string(item) + " LoadBalancerId=lb-1") {
		t.Errorf("calls: %q", s.calls)
	}
	s.with(func() {
		s.answers["SetBackendServers"] = &rpc.Error{Status: 400, Code: "InvalidWeight", Message: "It is invalid."}
	})
	send().want(t, http.StatusOK, "It is invalid.", "<tr data-backend=")
}

func TestSecretShownOnce(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	s.answers["CreateAccessKey"] = api.CreateAccessKeyOutput{AccessKey: api.AccessKey{AccessKeyID: "LTAI", AccessKeySecret: "the-secret-of-the-key"}}
	b := s.signIn(t, "root-key")
	got := b.post("users/alice/keys")
	got.want(t, http.StatusOK, "the-secret-of-the-key")
	if cache := got.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("Cache-Control %q", cache)
	}
	if got := b.get("users/alice"); strings.Contains(got.text, "the-secret-of-the-key") {
		t.Error("the secret is shown again")
	}
}

func TestPolicyTools(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	b.post("policies/check", "PolicyDocument", "{\r\n\"Version\": 2}").want(t, http.StatusOK, "Line 2")
	b.post("policies/check", "PolicyDocument", startingPoint).want(t, http.StatusOK, "This is a policy.")
	b.get("policies/tester?user=alice&action=ens:DescribeX").want(t, http.StatusOK, "Allowed", "mine")
	b.get("policies/tester?user=alice&action=ens:DeleteX").want(t, http.StatusOK, "Not allowed")
	b.get("policies/tester?user=alice&action=ens:DeleteX&source=nowhere").want(t, http.StatusOK, "no IP address")
}

// The page of an object that does not exist says so.
func TestNothingHere(t *testing.T) {
	s := newSite(t)
	s.answers["DescribeLoadBalancerAttribute"] = struct{}{} // of an unknown load balancer
	s.answers["GetUser"] = &rpc.Error{Status: 404, Code: "EntityNotExist.User", Message: "The user does not exist."}
	b := s.signIn(t, "root-key")
	for _, page := range []string{"load-balancers/lb-none", "users/nobody", "nothing", "load-balancers/lb-1/listeners/gopher/new", "series?span=1y"} {
		b.get(page).want(t, http.StatusNotFound)
	}
}

// A stream sends the current state at once and ends with its session.
func TestStream(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	res, err := b.client.Do(b.request("GET", "live/load-balancers/lb-1", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%v", res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	var doc struct {
		Listeners []listenerState
	}
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if len(doc.Listeners) != 1 || doc.Listeners[0].State != "Starting" || doc.Listeners[0].Reason != hostile {
		t.Errorf("%+v", doc)
	}
	s.console.EndStreams()
	for lines.Scan() { // events that were sent before still arrive
	}
	if got := b.get("live/overview"); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the end: status %d", got.StatusCode)
	}
	s.console.BeginStreams()
	if told, ok := s.console.live.watch(""); !ok {
		t.Error("no stream begins again")
	} else {
		s.console.live.unwatch("", told)
	}
}

// Rates are differences of two samples, also when listeners are added, removed or start
// again from zero.
func TestLiveRates(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var traffic Traffic
	l := newLive(func() State { return State{} }, func() Traffic { return traffic }, func() time.Time { return now })
	count := func(lb, port string, n uint64) {
		traffic.Listeners = append(traffic.Listeners, ListenerCounts{LoadBalancerID: lb, Port: port, ByClass: [6]uint64{2: n}, BytesOut: 10 * n, Open: 1})
		traffic.Backends = append(traffic.Backends, BackendCounts{LoadBalancerID: lb, Port: port, ID: "i-1", Answers: n, Active: 2})
	}
	look := func() { l.look(); now = now.Add(2 * time.Second); traffic = Traffic{} }
	count("a", "1", 100)
	look() // the first sample gives no rate
	count("a", "1", 120)
	count("a", "2", 10)
	count("b", "1", 6)
	look()
	for lb, want := range map[string]float32{"": 18, "a": 15, "b": 3} {
		if p := l.lastPoint(lb); p.Rate() != want || p.ByClass[1] != want || p.BytesOut != 10*want {
			t.Errorf("%q: %+v, want %v a second", lb, p, want)
		}
	}
	if b := l.backends["a"]; len(b) != 1 || b[0].Active != 4 || b[0].Rate != 15 {
		t.Errorf("backends %+v", b)
	}
	count("a", "1", 4) // from zero again
	look()
	if p := l.lastPoint("a"); p.Rate() != 2 || p.Open != 1 {
		t.Errorf("a listener that was replaced: %+v", p)
	}
	for range ringPoints + 5 {
		look()
	}
	if len(l.points("")) != ringPoints || l.points("a") != nil {
		t.Errorf("%d points of all, %d of one that is idle", len(l.points("")), len(l.points("a")))
	}
}

// BenchmarkOverview renders the overview of an installation with 1,000 load balancers,
// without the two calls of the API.
func BenchmarkOverview(b *testing.B) {
	var s State
	for i := range 1000 {
		id := fmt.Sprintf("lb-%d", i)
		s.LoadBalancers = append(s.LoadBalancers, elb.LoadBalancer{ID: id, Name: id, Status: elb.Active, Backends: make([]elb.Backend, 4)})
		s.Listeners = append(s.Listeners, elb.Listener{LoadBalancerID: id, Port: 443, Protocol: elb.HTTPS, Started: true})
		s.Statuses = append(s.Statuses, elb.ListenerStatus{LoadBalancerID: id, Port: 443, Protocol: elb.HTTPS, State: elb.Running, Backends: []elb.BackendStatus{
			{ServerID: "i-1", Address: "10.0.0.1:80", Health: "healthy"}, {ServerID: "i-2", Address: "10.0.0.2:80", Health: "unhealthy", LastErr: "refused"},
		}})
	}
	c, err := New(Config{
		State: func() State { return s }, Traffic: func() Traffic { return Traffic{} },
		Call: func(_ context.Context, _ Caller, _, _ string, _ map[string]string) Answer {
			return Answer{Out: api.ListUserCertificateOrderOutput{}}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	who := Person{Identity: ram.Identity{AccountID: "1"}}
	_, session := c.sessions.begin(who)
	for b.Loop() {
		v := &visit{Console: c, w: discard{http.Header{}}, r: must(http.NewRequest("GET", Path, nil)), session: session, person: who}
		if err := (overviewPages{v}).overview(); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is a browser that discards responses.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A certificate that a listener uses before it is valid is listed as a problem.
func TestOverviewOfEarlyCertificates(t *testing.T) {
	from := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := newSite(t, func(c *Config) {
		c.Early = func() []EarlyCertificate { return []EarlyCertificate{{ID: 7, Name: "spring", From: from}} }
	})
	s.signIn(t, "root-key").get("").want(t, http.StatusOK, `href="/console/certificates/7"`, "spring</a> is not valid before 2030-01-02 03:04:05 UTC")
}

// The page of a user shows its groups with their policies, which explains permissions that
// the user's own policies do not give.
func TestGroupsOfAUser(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "root-key")
	s.with(func() {
		s.answers["GetUser"] = api.GetUserOutput{User: api.User{UserName: "alice"}}
		s.answers["ListPoliciesForUser"] = api.ListPoliciesForUserOutput{}
		s.answers["ListGroupsForUser"] = api.ListGroupsForUserOutput{Groups: api.UserGroups{Group: []api.RAMGroup{{GroupName: "operators", JoinDate: "2026-11-25T15:00:00Z"}}}}
		s.answers["ListPoliciesForGroup"] = api.ListPoliciesForGroupOutput{Policies: api.UserPolicies{Policy: []api.UserPolicy{{PolicyName: "listeners", PolicyType: "Custom"}}}}
	})
	got := b.get("users/alice")
	got.want(t, http.StatusOK, "operators", "/console/policies/Custom/listeners", "None but those of groups.", "no policies and no groups")
	if strings.Contains(got.text, "the user may do nothing") {
		t.Error("a user with a group may do nothing, says the page")
	}
}

// The page of a load balancer shows its EIPs to visitors who may see them.
func TestEIPsOfABalancer(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.state.LoadBalancers[0].EIPs = []elb.AttachedEIP{{ID: "eip-7", Address: netip.MustParseAddr("203.0.113.7")}}
	})
	b := s.signIn(t, "alice")
	b.get("load-balancers/lb-1").want(t, http.StatusOK, "203.0.113.7", "eip-7")
	s.allow(t, `{"Effect":"Allow","Action":"ens:DescribeLoadBalancer*","Resource":"*"}`)
	if page := b.get("load-balancers/lb-1"); page.StatusCode != http.StatusOK || strings.Contains(page.text, "203.0.113.7") {
		t.Errorf("shown to who may not see EIPs: %d", page.StatusCode)
	}
}

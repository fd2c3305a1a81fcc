package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/rpc"
)

// goesOn lists the operations that change something without stopping anything in use, so
// that the console performs them without a question.
var goesOn = map[string]string{
	"AddBackendServers":                     "more backends",
	"TagResources":                          "words about something",
	"UntagResources":                        "words about something",
	"AssociateEnsEipAddress":                "another address",
	"ModifyEnsEipAddressAttribute":          "a name",
	"AddUserToGroup":                        "more rights",
	"AttachPolicyToGroup":                   "more rights",
	"SetDefaultPolicyVersion":               "another document, chosen on purpose; the one before stays",
	"UpdateGroup":                           "a name or a remark",
	"UpdatePolicyDescription":               "a remark",
	"UnbindMFADevice":                       "nobody has one",
	"AttachPolicyToRole":                    "more rights",
	"UpdateRole":                            "its sessions go on",
	"UpdateUser":                            "a name or a remark",
	"AttachPolicyToUser":                    "more rights; a policy that denies is attached on purpose",
	"ChangePassword":                        "one's own, typed twice",
	"ModifyLoadBalancerAttribute":           "a name",
	"ModifyNetworkAttribute":                "a name",
	"ModifyVSwitchAttribute":                "a name",
	"SetLoadBalancerHTTPListenerAttribute":  "the listener goes on serving",
	"SetLoadBalancerHTTPSListenerAttribute": "the listener goes on serving",
	"SetLoadBalancerTCPListenerAttribute":   "the listener goes on serving",
	"SetLoadBalancerUDPListenerAttribute":   "the listener goes on serving",
	"StartLoadBalancerListener":             "opens",
	"UpdateLoginProfile":                    "a password that is typed in",
}

// Every operation that changes something either asks for confirmation, for the values that
// stop something, or is listed in goesOn.
func TestEveryStopIsKnown(t *testing.T) {
	values := map[string]string{
		"LoadBalancerStatus": string(elb.InActive), "Status": api.KeyInactive, "BackendServers": `[{"ServerId":"i-1","Weight":0}]`,
	}
	for _, op := range api.Operations() {
		if op.Access == "get" || op.Access == "list" || op.Access == "create" {
			continue
		}
		if asks, known := op.Ends(values), goesOn[op.Name] != ""; asks == known {
			t.Errorf("%s: asks %t, ends nothing %t: want one of the two", op.Name, asks, known)
		}
	}
	for name := range goesOn {
		operation(name) // panics for an operation that does not exist
	}
	for name, params := range map[string]map[string]string{
		"SetLoadBalancerStatus": {"LoadBalancerStatus": "Active"}, "UpdateAccessKey": {"Status": "Active"},
		"SetBackendServers": {"BackendServers": `[{"ServerId":"i-1","Weight":"10"}]`}, "DescribeLoadBalancers": nil,
	} {
		if operation(name).Ends(params) {
			t.Errorf("%s %v asks", name, params)
		}
	}
}

// busySite is a site whose load balancer has traffic: 10 requests a second over 3
// connections on port 443.
func busySite(t *testing.T, change ...func(*Config)) (*site, *browser) {
	t.Helper()
	looks := uint64(0)
	began := time.Now()
	s := newSite(t, append(change, func(c *Config) {
		c.Traffic = func() Traffic { // called by one goroutine
			looks = uint64(time.Since(began) / (100 * time.Millisecond)) // 10 a second
			return Traffic{
				Listeners: []ListenerCounts{
					{LoadBalancerID: "lb-1", Port: "443", ByClass: [6]uint64{2: looks}, Open: 3},
					{LoadBalancerID: "lb-2", Port: "53", Open: 5},
					{LoadBalancerID: "lb-2", Port: "53/udp", Open: 7},
				},
				Backends: []BackendCounts{{LoadBalancerID: "lb-1", Port: "443", ID: "i-1:80", Answers: looks, Active: 2}},
			}
		}
	})...)
	withBalancer(s)
	s.state.LoadBalancers[0].Name = "shop"
	s.answers["DescribeLoadBalancerAttribute"] = api.DescribeLoadBalancerAttributeOutput{
		LoadBalancerID: "lb-1", LoadBalancerName: "shop", LoadBalancerStatus: elb.Active, Address: "10.9.8.7",
		BackendServers: []api.AttachedServer{{ServerID: "i-1", IP: "10.0.0.1", Port: "80", Weight: 100}, {ServerID: "i-2", IP: "10.0.0.2", Port: "80", Weight: 0}},
	}
	return s, s.signIn(t, "root-key")
}

// Each confirmation page shows what would end and how much traffic there is, and makes no
// call.
func TestQuestionsSayWhatEnds(t *testing.T) {
	s, b := busySite(t)
	for page, want := range map[string][]string{
		"load-balancers/lb-1/status":                             {"Deactivate shop?", "HTTPS on port 443", "requests a second and 3 client connections", "10.9.8.7"},
		"load-balancers/lb-1/release":                            {"Release shop?", "HTTPS on port 443", "requests a second and 3 client connections"},
		"load-balancers/lb-1/listeners/https/443/stop":           {"Stop the listener on port 443 of shop?", "requests a second and 3 client connections"},
		"load-balancers/lb-1/listeners/https/443/delete":         {"Delete the listener on port 443 of shop?", "requests a second and 3 client connections"},
		"load-balancers/lb-1/listeners/https/8443/stop":          {"It has no traffic at this moment."},
		"load-balancers/lb-2/listeners/tcp/53/stop":              {"At this moment it has 5 client connections."},
		"load-balancers/lb-2/listeners/udp/53/delete":            {"At this moment it has 7 client sessions."},
		"load-balancers/lb-1/backends/remove?server=i-1&port=80": {"i-1:80", "requests a second and 2 request", "the last backend"},
		"load-balancers/lb-1/backends/drain?server=i-1&port=80":  {"Drain the last backend", "answered with 503"},
		"users/alice/keys/status?key=root-key":                   {"Switch off the access key root-key?", "you are signed in with", "not known here"},
		"users/alice/policies/detach?policy=Custom+mine":         {"Detach the policy mine from alice?"},
		"users/alice/login/delete":                               {"Take the password of alice away?", "is not signed in"},
	} {
		b.get(page).want(t, http.StatusOK, want...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		if action := strings.Fields(call)[0]; operation(action).Ends(nil) {
			t.Errorf("a question has made the call %s", call)
		}
	}
}

// No button of a page stops something directly: each leads to a question.
func TestStopsAreNoButtons(t *testing.T) {
	s, b := busySite(t)
	s.with(func() {
		s.answers["ListAccessKeys"] = api.ListAccessKeysOutput{AccessKeys: api.AccessKeys{AccessKey: []api.AccessKey{{AccessKeyID: "K1", Status: "Active"}}}}
		s.answers["ListPoliciesForUser"] = api.ListPoliciesForUserOutput{Policies: api.UserPolicies{Policy: []api.UserPolicy{{PolicyName: "mine", PolicyType: "Custom"}}}}
		s.answers["GetLoginProfile"] = api.GetLoginProfileOutput{}
	})
	for page, links := range map[string][]string{
		"load-balancers/lb-1":                     {"/console/load-balancers/lb-1/status"},
		"load-balancers/lb-1/listeners/https/443": {"/listeners/https/443/stop"},
		"users/alice":                             {"/keys/status?key=K1", "/policies/detach?policy=Custom+mine", "/login/delete"},
	} {
		got := b.get(page)
		for _, link := range links {
			if !strings.Contains(got.text, link+`"`) || strings.Contains(got.text, `action="/console/`+strings.TrimPrefix(link, "/console/")) {
				t.Errorf("%s: %s is no link to a question", page, link)
			}
		}
	}
}

// Draining the last backend that takes requests needs a confirmation; draining one of
// several does not.
func TestDrainOfTheLastBackendAsks(t *testing.T) {
	s, b := busySite(t)
	s.with(func() { s.answers["SetBackendServers"] = api.SetBackendServersOutput{} })
	question := "/console/load-balancers/lb-1/backends/drain?port=80&server=i-1"
	if got := b.post("load-balancers/lb-1/backends/weight", "server", "i-1", "port", "80", "weight", "0"); got.Header.Get("Location") != question {
		t.Errorf("without a script: %d to %q, want the question", got.StatusCode, got.Header.Get("Location"))
	}
	r := b.request("POST", "load-balancers/lb-1/backends/weight", url.Values{"server": {"i-1"}, "port": {"80"}, "weight": {"0"}})
	r.Header.Set("Hx-Request", "true")
	r.Header.Set(tokenHeader, b.token)
	if got := b.do(r); got.Header.Get("Hx-Redirect") != question {
		t.Errorf("htmx: %v, want the question", got.Header)
	}
	drained := `SetBackendServers BackendServers=[{"Port":"80","ServerId":"i-1","Weight":"0"}] LoadBalancerId=lb-1`
	if s.called(drained) {
		t.Error("drained without an answer")
	}
	b.post("load-balancers/lb-1/backends/weight", "server", "i-1", "port", "80", "weight", "0", "sure", "1").want(t, http.StatusSeeOther)
	if !s.called(drained) {
		t.Error("not drained in spite of the answer")
	}
	b.post("load-balancers/lb-1/backends/weight", "server", "i-2", "port", "80", "weight", "0").want(t, http.StatusSeeOther)
	if !s.called(strings.ReplaceAll(drained, "i-1", "i-2")) {
		t.Error("one that takes no requests anyway is not drained")
	}
}

// The Explorer asks too, and makes the call once it is confirmed.
func TestExplorerAsksBeforeItStops(t *testing.T) {
	s, b := busySite(t)
	s.with(func() {
		for _, name := range []string{"DeleteLoadBalancer", "StopLoadBalancerListener", "SetLoadBalancerStatus"} {
			s.answers[name] = struct{}{}
		}
	})
	b.post("explorer/DeleteLoadBalancer/run", "LoadBalancerId", "lb-1").want(t, http.StatusOK, "Run DeleteLoadBalancer?", "HTTPS on port 443", "3 client connections", "Run it")
	b.post("explorer/StopLoadBalancerListener/run", "LoadBalancerId", "lb-1", "ListenerPort", "443").want(t, http.StatusOK, "Run StopLoadBalancerListener?", "3 client connections")
	if s.called("DeleteLoadBalancer LoadBalancerId=lb-1") {
		t.Error("called without an answer")
	}
	b.post("explorer/DeleteLoadBalancer/run", "LoadBalancerId", "lb-1", "sure", "1").want(t, http.StatusOK, "Request as sent")
	b.post("explorer/SetLoadBalancerStatus/run", "LoadBalancerId", "lb-1", "LoadBalancerStatus", "Active").want(t, http.StatusOK, "Request as sent")
	if !s.called("DeleteLoadBalancer LoadBalancerId=lb-1") || !s.called("SetLoadBalancerStatus LoadBalancerId=lb-1 LoadBalancerStatus=Active") {
		t.Errorf("calls: %q", s.calls)
	}
}

// The uses of a key come from the audit log; a visitor who may not see the live figures is
// told so.
func TestFactsOfWhatIsNotKnown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	line, err := json.Marshal(auditLine{Time: time.Now().Add(-3 * time.Hour), AccessKey: "K1", Action: "DescribeLoadBalancers", Source: "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	s, b := busySite(t, func(c *Config) { c.AuditLog = file })
	b.get("users/alice/keys/status?key=K1").want(t, http.StatusOK, "The last call signed with it was DescribeLoadBalancers from 192.0.2.7", "3h0m0s ago")
	b.get("users/alice/keys/delete?key=K2").want(t, http.StatusOK, "The audit log has no call signed with it.")
	s.with(func() {
		s.people["alice"].Policies = append(s.people["alice"].Policies, policyOf(t, "ens:SetLoadBalancerStatus"))
		s.answers["DescribeLoadBalancers"] = &rpc.Error{Status: 400, Code: "NoPermission"}
	})
	alice := s.signIn(t, "alice")
	alice.get("load-balancers/lb-1/status").want(t, http.StatusOK, "How much traffic it has is not shown: your policies do not allow ens:DescribeLoadBalancers.")
	b.get("users/alice/login/delete").want(t, http.StatusOK, "is signed in at this moment: 1 session will end")
}

// Calls for a backend without a port of its own have Port 0: without a port they would
// mean every backend of its server.
func TestBackendWithoutAPortIsNamed(t *testing.T) {
	s, b := busySite(t)
	s.with(func() {
		s.answers["RemoveBackendServers"] = api.RemoveBackendServersOutput{}
		s.answers["SetBackendServers"] = api.SetBackendServersOutput{}
	})
	b.post("load-balancers/lb-1/backends/remove", "server", "i-1", "port", "0")
	b.post("load-balancers/lb-1/backends/weight", "server", "i-1", "port", "0", "weight", "7")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, action := range []string{"RemoveBackendServers", "SetBackendServers"} {
		if !slices.ContainsFunc(s.calls, func(call string) bool {
			return strings.HasPrefix(call, " "+action+" ") && strings.Contains(call, `"Port":"0"`)
		}) {
			t.Errorf("no %s of Port 0 in %q", action, s.calls)
		}
	}
}

package console

import (
	"cmp"
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// A strictSite is a site with one object of every kind. Policies decide on its calls as in
// the gateway.
type strictSite struct {
	*site

	mu      sync.Mutex
	refused []string // guarded by mu: calls that policies refused
}

func newStrictSite(t *testing.T) *strictSite {
	t.Helper()
	s := new(strictSite)
	s.site = newSite(t, func(c *Config) {
		call := c.Call
		c.AuditLog = t.TempDir() + "/audit.log"
		c.Call = func(ctx context.Context, who Caller, version, action string, params map[string]string) Answer {
			op := operation(action)
			conditions := ram.Conditions{SourceIP: who.Source, CurrentTime: c.Now()}
			for _, resource := range op.ActsOn(who.Identity.AccountID, who.Identity.UserName, params) {
				if !op.Unrestricted && !who.Identity.Root() && ram.Evaluate(who.Policies, op.Action(), resource, conditions) != ram.Allow {
					s.mu.Lock()
					s.refused = append(s.refused, action)
					s.mu.Unlock()
					return Answer{RequestID: "RID", Err: &rpc.Error{Status: 400, Code: "NoPermission", RequestID: "RID"}}
				}
			}
			return call(ctx, who, version, action, params)
		}
	})
	withBalancer(s.site)
	for _, op := range api.Operations() {
		if s.answers[op.Name] == nil {
			s.answers[op.Name] = op.Out()
		}
	}
	s.state.LoadBalancers[0].Name, s.state.LoadBalancers[0].Backends[0].ServerID = "shop", "i-1"
	s.answers["DescribeLoadBalancerAttribute"] = api.DescribeLoadBalancerAttributeOutput{
		LoadBalancerID: "lb-1", LoadBalancerName: "shop", LoadBalancerStatus: elb.Active, NetworkID: "n-1", VSwitchID: "vsw-1",
		BackendServers: []api.AttachedServer{{ServerID: "i-1", IP: "10.0.0.1", Port: "80", Weight: 100}},
	}
	s.answers["CreateLoadBalancer"] = api.CreateLoadBalancerOutput{LoadBalancerID: "lb-1", LoadBalancerName: "shop"}
	user := api.User{UserName: "bob", UserID: "3"}
	s.answers["ListUsers"] = api.ListUsersOutput{Users: api.Users{User: []api.User{user}}}
	s.answers["GetUser"] = api.GetUserOutput{User: user}
	s.answers["ListAccessKeys"] = api.ListAccessKeysOutput{AccessKeys: api.AccessKeys{AccessKey: []api.AccessKey{{AccessKeyID: "K1", Status: "Active"}, {AccessKeyID: "K2", Status: "Inactive"}}}}
	s.answers["GetLoginProfile"] = api.GetLoginProfileOutput{LoginProfile: api.LoginProfile{UserName: "bob"}}
	s.answers["ListPoliciesForUser"] = api.ListPoliciesForUserOutput{Policies: api.UserPolicies{Policy: []api.UserPolicy{{PolicyName: "mine", PolicyType: "Custom"}}}}
	s.answers["ListPolicies"] = api.ListPoliciesOutput{Policies: api.Policies{Policy: []api.Policy{{PolicyName: "mine", PolicyType: "Custom"}, {PolicyName: "other", PolicyType: "System"}}}}
	s.answers["GetPolicy"] = api.GetPolicyOutput{Policy: api.Policy{PolicyName: "mine", PolicyType: "Custom"}}
	withNetworks(s.site)
	withGroups(s.site)
	withInstances(s.site)
	s.people["alice"].Policies = []*ram.Policy{policyOf(t, "*")}
	return s
}

// refusals returns the calls that policies have refused since it was last called.
func (s *strictSite) refusals() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.refused
	s.refused = nil
	return all
}

var (
	linkPattern   = regexp.MustCompile(`<a [^>]*href="(/console/[^"]*|\?[^"]*)"`)
	formPattern   = regexp.MustCompile(`(?s)<form [^>]*method="post"[^>]*action="(/console/[^"]*)"[^>]*>(.*?)</form>`)
	inputPattern  = regexp.MustCompile(`<(?:input|button)[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
	selectPattern = regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)".*?<option value="([^"]+)"`)
)

// A crawl follows every link and sends every form that the console offers to one visitor.
type crawl struct {
	*browser
	site    *strictSite
	visited map[string]bool
	sent    map[string]bool
	faults  []string
}

func (s *strictSite) crawl(b *browser) *crawl {
	c := &crawl{browser: b, site: s, visited: make(map[string]bool), sent: make(map[string]bool)}
	c.visit("/console/", "the sign-in")
	return c
}

func (c *crawl) visit(page, from string) {
	if c.visited[page] || strings.HasPrefix(page, "/console/explorer/") || strings.HasPrefix(page, "/console/static/") {
		return
	}
	c.visited[page] = true
	got := c.get(strings.TrimPrefix(page, Path))
	if got.StatusCode != http.StatusOK {
		c.faults = append(c.faults, from+" leads to "+page+", which answers "+http.StatusText(got.StatusCode))
		return
	}
	base, _ := url.Parse(page)
	for _, m := range linkPattern.FindAllStringSubmatch(got.text, -1) {
		if to, err := base.Parse(html.UnescapeString(m[1])); err == nil {
			c.visit(to.String(), page)
		}
	}
	for _, m := range formPattern.FindAllStringSubmatch(got.text, -1) {
		c.send(html.UnescapeString(m[1]), m[2], page)
	}
}

// send sends a form as it is. The API may refuse its values, but policies must not refuse
// the call.
func (c *crawl) send(to, fields, from string) {
	action := strings.TrimPrefix(to, Path)
	if c.sent[to+fields] || slices.Contains([]string{"signout", "theme", "password", "explorer"}, strings.Split(action, "/")[0]) {
		return
	}
	c.sent[to+fields] = true
	form := url.Values{}
	for _, pattern := range []*regexp.Regexp{inputPattern, selectPattern} {
		for _, m := range pattern.FindAllStringSubmatch(fields, -1) {
			form.Set(html.UnescapeString(m[1]), cmp.Or(html.UnescapeString(m[2]), "x"))
		}
	}
	c.site.refusals()
	r := c.request("POST", action, form)
	r.Header.Set(tokenHeader, c.token)
	got := c.do(r)
	if got.StatusCode == http.StatusForbidden {
		c.faults = append(c.faults, from+" has a form to "+to+", which is forbidden")
	}
	if next := got.Header.Get("Location"); next != "" {
		c.visit(next, "the form of "+from+" to "+to)
	}
	for _, name := range c.site.refusals() {
		if access := operation(name).Access; access != "get" && access != "list" {
			c.faults = append(c.faults, from+" has a form to "+to+", whose "+name+" is refused")
		}
	}
}

// The console offers only what the visitor's policies allow: no link leads to a forbidden
// page, and no form makes a call that is refused. This is tested for each operation with
// policies that allow everything but the operation, and with policies that allow only
// reading and the operation.
func TestNothingForbiddenIsOffered(t *testing.T) {
	s := newStrictSite(t)
	all := s.crawl(s.signIn(t, "root-key"))
	if len(all.visited) < 30 || len(all.sent) < 20 || len(all.faults) > 0 {
		t.Fatalf("root visits %d pages and sends %d forms: %v", len(all.visited), len(all.sent), all.faults)
	}
	b := s.signIn(t, "alice")
	reads := []string{"actiontrail:LookupEvents"}
	for _, op := range api.Operations() {
		if op.Access == "get" || op.Access == "list" {
			reads = append(reads, op.Action())
		}
	}
	for _, op := range api.Operations() {
		for what, policy := range map[string]string{
			"all but " + op.Name:   `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"` + op.Action() + `","Resource":"*"}`,
			"only " + op.Name:      `{"Effect":"Allow","Action":"` + op.Action() + `","Resource":"*"}`,
			"reads and " + op.Name: `{"Effect":"Allow","Action":["` + strings.Join(append(reads, op.Action()), `","`) + `"],"Resource":"*"}`,
		} {
			s.allow(t, policy)
			c := s.crawl(b)
			if len(c.faults) > 0 {
				slices.Sort(c.faults)
				t.Errorf("%s: %s", what, strings.Join(slices.Compact(c.faults), "\n\t"))
			}
		}
	}
}

// allow gives alice one policy of these statements.
func (s *strictSite) allow(t *testing.T, statements string) {
	t.Helper()
	p, err := ram.Parse(`{"Version":"1","Statement":[` + statements + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	s.with(func() { s.people["alice"].Policies = []*ram.Policy{p} })
}

// What policies allow for one user or policy is offered on its page, and not on the pages
// of others.
func TestRightsOnOneResource(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "alice")
	const reads = `{"Effect":"Allow","Action":["ram:Get*","ram:List*"],"Resource":"*"},`
	for resource, want := range map[string]bool{"acs:ram:*:1:user/bob": true, "acs:ram:*:1:user/carol": false, "*": true} {
		s.allow(t, reads+`{"Effect":"Allow","Action":["ram:DeleteUser","ram:CreateAccessKey","ram:UpdateAccessKey"],"Resource":"`+resource+`"}`)
		got := b.get("users/bob")
		got.want(t, http.StatusOK)
		for _, offer := range []string{"The user can be deleted once", "New access key", "Switch off", "Switch on"} {
			if strings.Contains(got.text, offer) != want {
				t.Errorf("%s: %q is offered %t, want %t", resource, offer, !want, want)
			}
		}
	}
}

// The overview shows no numbers that the visitor may not know.
func TestOverviewClaimsNothingUnknown(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.state.Statuses = nil
		s.answers["ListUserCertificateOrder"] = api.ListUserCertificateOrderOutput{}
	})
	b := s.signIn(t, "alice")
	b.get("").want(t, http.StatusOK, "no certificate expires soon")
	s.allow(t, `{"Effect":"Allow","Action":"ens:*","Resource":"*"}`)
	got := b.get("")
	got.want(t, http.StatusOK, "Nothing. Every listener that was started runs", "Whether a certificate expires is not shown", "cas:ListUserCertificateOrder")
	if strings.Contains(got.text, "no certificate expires soon") {
		t.Error("it is claimed that no certificate expires, which is not known")
	}
	s.allow(t, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	s.with(func() {
		s.answers["ListUserCertificateOrder"] = &rpc.Error{Status: 503, Code: "ens.interface.error", Message: "The store does not answer."}
	})
	got = b.get("")
	got.want(t, http.StatusOK, "The store does not answer.", "not known")
	if strings.Contains(got.text, "no certificate expires soon") {
		t.Error("it is claimed that no certificate expires, which is not known")
	}
}

// What the API would refuse in the current state is not offered either, and the page shows
// the reason.
func TestNothingThatMustFailIsOffered(t *testing.T) {
	s := newStrictSite(t)
	b := s.signIn(t, "root-key")
	absent := func(page string, offers ...string) {
		t.Helper()
		got := b.get(page)
		for _, offer := range offers {
			if strings.Contains(got.text, offer) {
				t.Errorf("%s offers %s", page, offer)
			}
		}
	}
	s.with(func() {
		lb := s.answers["DescribeLoadBalancerAttribute"].(api.DescribeLoadBalancerAttributeOutput)
		lb.LoadBalancerStatus = elb.InActive
		s.answers["DescribeLoadBalancerAttribute"] = lb
		s.state.Listeners[0].CertificateID = "1"
		s.answers["GetPolicy"] = api.GetPolicyOutput{Policy: api.Policy{PolicyName: "mine", PolicyType: "Custom", AttachmentCount: 2}}
	})
	absent("load-balancers/lb-1", "listeners/https/new", "backends/weight", "backends/remove", "Add a backend", "Deactivate")
	b.get("load-balancers/lb-1").want(t, http.StatusOK, "It is inactive", "Activate", "Release…")
	absent("load-balancers/lb-1/listeners/https/443", "443/start", "443/stop", "443/delete", "Change the settings", "Exchange")
	b.get("load-balancers/lb-1/listeners/https/443").want(t, http.StatusOK, "Its load balancer is inactive")
	absent("certificates/1", "certificates/1/delete")
	b.get("certificates/1").want(t, http.StatusOK, "once no listener serves it")
	absent("users/bob", "users/bob/delete")
	b.get("users/bob").want(t, http.StatusOK, "once there are no access keys, no policies and no groups")
	absent("policies/Custom/mine", "mine/delete")
	b.get("policies/Custom/mine").want(t, http.StatusOK, "once no user, group or role has it")
}

package ram

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func mustParse(t testing.TB, documents ...string) []*Policy {
	t.Helper()
	var all []*Policy
	for _, d := range documents {
		p, err := Parse(d)
		if err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		all = append(all, p)
	}
	return all
}

func policyOf(statements ...string) string {
	return `{"Version":"1","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	allowAll    = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	denyDelete  = `{"Effect":"Deny","Action":"ens:Delete*","Resource":"*"}`
	allowDelete = `{"Effect":"Allow","Action":"ens:Delete*","Resource":"*"}`
)

func TestEvaluate(t *testing.T) {
	for _, tt := range []struct {
		name     string
		policies []string
		action   string
		resource string
		want     Decision
	}{
		{"no policy", nil, "ens:DeleteLoadBalancer", "*", ImplicitDeny},
		{"other action", []string{policyOf(allowDelete)}, "ens:CreateLoadBalancer", "*", ImplicitDeny},
		{"allowed", []string{policyOf(allowDelete)}, "ens:DeleteLoadBalancer", "*", Allow},
		{"actions without regard to case", []string{policyOf(allowDelete)}, "ENS:deleteloadbalancer", "*", Allow},
		{"deny after allow", []string{policyOf(allowAll, denyDelete)}, "ens:DeleteLoadBalancer", "*", ExplicitDeny},
		{"deny before allow", []string{policyOf(denyDelete, allowAll)}, "ens:DeleteLoadBalancer", "*", ExplicitDeny},
		{"deny in another policy", []string{policyOf(allowAll), policyOf(denyDelete)}, "ens:DeleteLoadBalancer", "*", ExplicitDeny},
		{"deny of something else", []string{policyOf(allowAll, denyDelete)}, "ens:CreateLoadBalancer", "*", Allow},
		{
			"NotAction, named",
			[]string{policyOf(`{"Effect":"Allow","NotAction":["ram:*","sts:*"],"Resource":"*"}`)},
			"ram:GetUser", "*", ImplicitDeny,
		},
		{
			"NotAction, not named",
			[]string{policyOf(`{"Effect":"Allow","NotAction":["ram:*","sts:*"],"Resource":"*"}`)},
			"ens:GetUser", "*", Allow,
		},
		{
			"resource, another",
			[]string{policyOf(`{"Effect":"Allow","Action":"*","Resource":"acs:ram:*:*:user/a*"}`)},
			"ram:GetUser", "acs:ram:*:1:user/bob", ImplicitDeny,
		},
		{
			"resource, the same",
			[]string{policyOf(`{"Effect":"Allow","Action":"*","Resource":"acs:ram:*:*:user/a*"}`)},
			"ram:GetUser", "acs:ram:*:1:user/alice", Allow,
		},
		{
			"NotResource",
			[]string{policyOf(allowAll, `{"Effect":"Deny","Action":"*","NotResource":"acs:ram:*:*:user/a*"}`)},
			"ram:GetUser", "acs:ram:*:1:user/bob", ExplicitDeny,
		},
		{
			"a resource of operations that have none",
			[]string{policyOf(`{"Effect":"Allow","Action":"*","Resource":"acs:ens:*:*:*"}`)},
			"ens:X", "acs:ens:*:1:*", Allow,
		},
		{
			"one load balancer, of operations that have none",
			[]string{policyOf(`{"Effect":"Allow","Action":"*","Resource":"acs:ens:*:*:loadbalancer/lb-1"}`)},
			"ens:X", "acs:ens:*:1:*", ImplicitDeny,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Evaluate(mustParse(t, tt.policies...), tt.action, tt.resource, Conditions{}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Each operator with each kind of key, true and false. The call came from
// 192.0.2.7 over TLS at 2026-06-15T12:30:45.9Z.
func TestConditions(t *testing.T) {
	call := Conditions{
		SourceIP: netip.MustParseAddr("192.0.2.7"), SecureTransport: true,
		CurrentTime: time.Date(2026, 6, 15, 12, 30, 45, 900_000_000, time.UTC),
	}
	unix := call.CurrentTime.Unix()
	for _, tt := range []struct {
		condition string // with ' in place of "
		want      bool
	}{
		{"", true},
		{"'StringEquals':{'acs:SourceIp':'192.0.2.7'}", true},
		{"'StringEquals':{'acs:SourceIp':'192.0.2.*'}", false},
		{"'StringEquals':{'acs:SourceIp':['192.0.2.6','192.0.2.7']}", true},
		{"'StringNotEquals':{'acs:SourceIp':['192.0.2.6','192.0.2.7']}", false},
		{"'StringNotEquals':{'acs:SourceIp':['192.0.2.6','192.0.2.8']}", true},
		{"'StringEqualsIgnoreCase':{'acs:SecureTransport':'TRUE'}", true},
		{"'StringNotEqualsIgnoreCase':{'acs:SecureTransport':'TRUE'}", false},
		{"'StringEquals':{'acs:SecureTransport':'TRUE'}", false},
		{"'StringEquals':{'acs:MFAPresent':'false'}", true},
		{"'StringLike':{'acs:SourceIp':'192.?.2.*'}", true},
		{"'StringNotLike':{'acs:SourceIp':'192.?.2.*'}", false},
		{"'StringLike':{'acs:CurrentTime':'2026-06-15T12:*Z'}", true},
		{fmt.Sprintf("'NumericEquals':{'acs:CurrentTime':%d}", unix), true},
		{fmt.Sprintf("'NumericNotEquals':{'acs:CurrentTime':'%d'}", unix), false},
		{fmt.Sprintf("'NumericLessThan':{'acs:CurrentTime':%d}", unix), false},
		{fmt.Sprintf("'NumericLessThan':{'acs:CurrentTime':%d.5}", unix), true},
		{fmt.Sprintf("'NumericLessThanEquals':{'acs:CurrentTime':%d}", unix), true},
		{fmt.Sprintf("'NumericGreaterThan':{'acs:CurrentTime':%d}", unix), false},
		{fmt.Sprintf("'NumericGreaterThanEquals':{'acs:CurrentTime':%d}", unix), true},
		{"'DateEquals':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", true},
		{"'DateEquals':{'acs:CurrentTime':'2026-06-15T20:30:45+08:00'}", true},
		{"'DateNotEquals':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", false},
		{"'DateLessThan':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", false},
		{"'DateLessThan':{'acs:CurrentTime':'2026-06-15T12:31Z'}", true},
		{"'DateLessThanEquals':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", true},
		{"'DateGreaterThan':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", false},
		{"'DateGreaterThan':{'acs:CurrentTime':'2026-06-15T12:30Z'}", true},
		{"'DateGreaterThanEquals':{'acs:CurrentTime':'2026-06-15T12:30:45Z'}", true},
		{"'Bool':{'acs:SecureTransport':true}", true},
		{"'Bool':{'acs:SecureTransport':'False'}", false},
		{"'Bool':{'acs:MFAPresent':'true'}", false},
		{"'Bool':{'acs:MFAPresent':false}", true},
		{"'Bool':{'acs:SecureTransport':true,'acs:MFAPresent':true}", false},
		{"'IpAddress':{'acs:SourceIp':'192.0.2.0/24'}", true},
		{"'IpAddress':{'acs:SourceIp':['10.0.0.0/8','192.0.2.7']}", true},
		{"'IpAddress':{'acs:SourceIp':'192.0.3.9/23'}", true},
		{"'IpAddress':{'acs:SourceIp':'::/0'}", false},
		{"'NotIpAddress':{'acs:SourceIp':['10.0.0.0/8','192.0.2.7']}", false},
		{"'NotIpAddress':{'acs:SourceIp':['10.0.0.0/8','192.0.2.6']}", true},
		{"'IpAddress':{'acs:SourceIp':'192.0.2.0/24'},'Bool':{'acs:MFAPresent':true}", false},
	} {
		document := policyOf(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{` +
			strings.ReplaceAll(tt.condition, "'", `"`) + `}}`)
		if got := Evaluate(mustParse(t, document), "ens:X", "*", call) == Allow; got != tt.want {
			t.Errorf("%s: got %v", tt.condition, got)
		}
	}
	mapped := call
	mapped.SourceIP = netip.MustParseAddr("::ffff:192.0.2.7")
	document := policyOf(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"192.0.2.0/24"}}}`)
	if got := Evaluate(mustParse(t, document), "ens:X", "*", mapped); got != Allow {
		t.Errorf("an IPv4 address in IPv6 form: got %v", got)
	}
}

// drawStatement returns a statement of the given effect over few enough names
// that statements overlap.
func drawStatement(t *rapid.T, effect string) string {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	condition := pick("condition", ``, `,"Condition":{"Bool":{"acs:SecureTransport":true}}`,
		`,"Condition":{"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}}`,
		`,"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","192.0.2.1"]},"DateLessThan":{"acs:CurrentTime":"2026-01-01T00:00:00Z"}}`)
	return fmt.Sprintf(`{"Effect":%q,%q:[%q,%q],%q:%q%s}`, effect,
		pick("action or not", "Action", "NotAction"),
		pick("action", "*", "ens:*", "ens:D*", "ram:?etUser"), pick("action", "ens:Create", "ens:Delete", "ram:GetUser"),
		pick("resource or not", "Resource", "NotResource"),
		pick("resource", "*", "acs:ens:*:*:*", "acs:ram:*:*:user/a*"), condition)
}

// Adding a statement that denies never allows more, and adding one that allows
// never denies more; the order of statements never matters.
func TestMoreStatements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var statements []string
		for range rapid.IntRange(0, 6).Draw(t, "statements") {
			statements = append(statements, drawStatement(t, rapid.SampledFrom([]string{"Allow", "Deny"}).Draw(t, "effect")))
		}
		action := rapid.SampledFrom([]string{"ens:Create", "ens:Delete", "ram:GetUser", "sts:X"}).Draw(t, "action")
		resource := rapid.SampledFrom([]string{"acs:ens:*:1:*", "acs:ram:*:1:user/alice", "acs:ram:*:1:user/bob"}).Draw(t, "resource")
		c := Conditions{
			SourceIP:        netip.MustParseAddr(rapid.SampledFrom([]string{"10.1.1.1", "192.0.2.1", "2001:db8::1"}).Draw(t, "source")),
			SecureTransport: rapid.Bool().Draw(t, "secure"),
			CurrentTime:     time.Date(rapid.IntRange(2025, 2026).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC),
		}
		decide := func(statements []string) Decision {
			var policies []*Policy
			for _, s := range statements {
				p, err := Parse(policyOf(s))
				if err != nil {
					t.Fatal(err)
				}
				policies = append(policies, p)
			}
			return Evaluate(policies, action, resource, c)
		}
		before := decide(statements)
		if after := decide(append(statements[:len(statements):len(statements)], drawStatement(t, "Deny"))); after == Allow && before != Allow || before == ExplicitDeny && after != ExplicitDeny {
			t.Errorf("%v became %v by a Deny", before, after)
		}
		if after := decide(append(statements[:len(statements):len(statements)], drawStatement(t, "Allow"))); before != ImplicitDeny && after != before || after == ExplicitDeny && before != ExplicitDeny {
			t.Errorf("%v became %v by an Allow", before, after)
		}
		if shuffled := rapid.Permutation(statements).Draw(t, "order"); decide(shuffled) != before {
			t.Errorf("%v in another order is not %v", shuffled, before)
		}
	})
}

// FuzzEvaluate searches for a document and a call that violate the guarantees of
// Evaluate: more statements that deny never allow more.
func FuzzEvaluate(f *testing.F) {
	f.Add(whole, "ens:DescribeX", "acs:ens:*:1:*", "10.0.0.1", true, int64(1_700_000_000))
	f.Add(policyOf(allowAll, denyDelete), "ens:DeleteLoadBalancer", "*", "::1", false, int64(0))
	f.Fuzz(func(t *testing.T, document, action, resource, source string, secure bool, unix int64) {
		p, err := Parse(document)
		if err != nil {
			return
		}
		c := Conditions{SecureTransport: secure, CurrentTime: time.Unix(unix, 0)}
		c.SourceIP, _ = netip.ParseAddr(source) // an invalid address is a case as well
		got := Evaluate([]*Policy{p}, action, resource, c)
		if again := Evaluate([]*Policy{p, p}, strings.ToUpper(strings.ToLower(action)), resource, c); isASCII(action) && again != got {
			t.Errorf("twice the same policy is %v, once is %v", again, got)
		}
		if denied := Evaluate(append(mustParse(t, policyOf(denyDelete)), p), action, resource, c); denied == Allow && got != Allow {
			t.Errorf("%v became %v by a Deny", got, denied)
		}
		if all := Evaluate(append(mustParse(t, policyOf(`{"Effect":"Deny","Action":"*","Resource":"*"}`)), p), action, resource, c); all != ExplicitDeny {
			t.Errorf("%v although all is denied", all)
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c > 127 }) < 0
}

func TestEvaluateAllocations(t *testing.T) {
	policies := mustParse(t, whole, policyOf(allowAll, denyDelete))
	c := Conditions{SourceIP: netip.MustParseAddr("192.0.2.7"), CurrentTime: time.Now()}
	got := testing.AllocsPerRun(100, func() { Evaluate(policies, "ens:CreateLoadBalancer", "acs:ens:*:1:*", c) })
	if got > 1 { // the action in lower case
		t.Errorf("%v allocations an evaluation, want at most 1", got)
	}
}

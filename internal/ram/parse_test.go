package ram

import (
	"errors"
	"strings"
	"testing"
)

// whole uses every element of the grammar.
const whole = `{
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": "ens:Describe*", "Resource": "*"},
    {"Effect": "Deny", "NotAction": ["ens:*", "sts:?et*"], "NotResource": ["acs:ram:*:*:user/alice", "acs:ens:*:*:*"],
     "Condition": {
       "IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]},
       "NotIpAddress": {"acs:SourceIp": "10.1.2.3/16"},
       "Bool": {"acs:SecureTransport": [true, "false"], "acs:MFAPresent": false},
       "DateGreaterThan": {"acs:CurrentTime": "2026-01-31T23:59:59+08:00"},
       "DateNotEquals": {"acs:CurrentTime": "2026-01-31T23:59Z"},
       "NumericLessThanEquals": {"acs:CurrentTime": 1.8e9},
       "StringLike": {"acs:SourceIp": "10.*.?"}}}
  ]
}`

func TestParseWhole(t *testing.T) {
	p, err := Parse(whole)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.statements); n != 2 {
		t.Fatalf("%d statements", n)
	}
	s := p.statements[1]
	if !s.deny || !s.actions.not || !s.resources.not || len(s.actions.list) != 2 || len(s.resources.list) != 2 || len(s.conditions) != 8 {
		t.Errorf("got %+v", s)
	}
}

func TestParseEveryPrefix(t *testing.T) {
	for n := range len(whole) {
		if p, err := Parse(whole[:n]); err == nil {
			t.Errorf("accepted the first %d bytes as %+v: %q", n, p, whole[:n])
		}
	}
}

// Documents that are refused, and why. A bar in the document marks the position
// that the error must name, and is not part of it.
func TestParseRefuses(t *testing.T) {
	statement := func(inside string) string {
		if !strings.Contains(inside, "|") {
			inside = "|{" + inside
		} else {
			inside = "{" + inside
		}
		return `{"Version":"1","Statement":[` + inside + `}]}`
	}
	const allow = `"Effect":"Allow","Action":"*",`
	condition := func(c string) string { return statement(allow + `"Resource":"*","Condition":{` + c + `}`) }
	for _, tt := range []struct{ document, reason string }{
		{"|", "the document ends too early"},
		{" \n |", "the document ends too early"},
		{"|null", "an object expected, got null"},
		{"|[]", `an object expected, got "["`},
		{"{\n  \"Version\": |1}", "a text expected, got the number 1"},
		{`{"Version":|"2"}`, `must be "1", not "2"`},
		{`|{"Version":"1"}`, "Statement is missing"},
		{`{"Statement":|[]}`, "an empty list"},
		{`|{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, "Version is missing"},
		{`{"Version":"1",|"Version":"1"}`, `"Version" is given twice`},
		{`{"Version":"1",|"Id":"x"}`, `unknown element "Id"`},
		{`{"Version":"1","Statement":|{}}`, `a list expected, got "{"`},
		{`{"Version":"1",|}`, "not JSON"},
		{`{"Version" |"1"}`, "not JSON"},
		{"{\"Version\":\"|\xff\"}", "not UTF-8"},
		{statement(""), "Effect is missing"},
		{statement(`"Effect":|"allow"`), `Effect must be Allow or Deny, not "allow"`},
		{statement(`"Effect":"Allow"`), "Action or NotAction is missing"},
		{statement(`"Effect":"Allow","Action":"*"`), "Resource or NotResource is missing"},
		{statement(`"Effect":"Allow","Action":|[],"Resource":"*"`), "an empty list"},
		{statement(`"Effect":"Allow","Action":"*",|"NotAction":"*"`), "Action and NotAction exclude each other"},
		{statement(allow + `"NotResource":"*",|"Resource":"*"`), "Resource and NotResource exclude each other"},
		{statement(`"Effect":"Allow","Action":|"ens"`), `Action: "ens" is neither * nor of the form service:action`},
		{statement(`"Effect":"Allow","Action":["*",|"a:b:c"]`), `Action: "a:b:c" is neither`},
		{statement(`"Effect":"Allow","Action":["*",|"ens:"]`), `Action: "ens:" is neither`},
		{statement(`"Effect":"Allow","Action":|{"a":1}`), `a text, number or boolean expected, got "{"`},
		{statement(`"Effect":"Allow","Action":[|["*"]]`), `a text, number or boolean expected, got "["`},
		{statement(allow + `"Resource":|"acs:ens:*:*"`), `Resource: "acs:ens:*:*" is neither`},
		{statement(allow + `"Resource":|"arn:ens:*:*:*"`), `Resource: "arn:ens:*:*:*" is neither`},
		{statement(allow + `"Resource":"*",|"Principal":"*"`), `unknown element "Principal"`},
		{condition(`|"StringMatches":{}`), `unknown operator "StringMatches"`},
		{condition(`"Bool":{|"acs:Mfa":true}`), `unknown condition key "acs:Mfa"`},
		{condition(`"Bool":{"acs:SourceIp":|true}`), "acs:SourceIp: the operator does not apply to this key"},
		{condition(`"IpAddress":{"acs:CurrentTime":|"10.0.0.1"}`), "the operator does not apply"},
		{condition(`"DateEquals":{"acs:SourceIp":|"10.0.0.1"}`), "the operator does not apply"},
		{condition(`"NumericEquals":{"acs:SourceIp":|"1"}`), "the operator does not apply"},
		{condition(`"Bool":{"acs:MFAPresent":|"yes"}`), `"yes" is neither true nor false`},
		{condition(`"Bool":{"acs:MFAPresent":|null}`), "a text, number or boolean expected, got null"},
		{condition(`"Bool":{"acs:MFAPresent":[true,|[]]}`), "a text, number or boolean expected"},
		{condition(`"IpAddress":{"acs:SourceIp":|"10.0.0.0/33"}`), `"10.0.0.0/33" is neither an IP address nor`},
		{condition(`"IpAddress":{"acs:SourceIp":["::1",|"fe80::1%eth0"]}`), "is neither an IP address nor"},
		{condition(`"IpAddress":{"acs:SourceIp":|"::ffff:10.0.0.1"}`), "write it as IPv4"},
		{condition(`"DateEquals":{"acs:CurrentTime":|"tomorrow"}`), `"tomorrow" is not a time`},
		{condition(`"NumericEquals":{"acs:CurrentTime":|"NaN"}`), `"NaN" is not a number`},
		{condition(`"StringLike":{"acs:SourceIp":|"*` + strings.Repeat("?", maxSegment+1) + `*"}`), "a ? among them"},
		{policyOf(allowAll) + " |{}", "text after the document"},
		{whole + strings.Repeat(" ", MaxDocumentBytes-len(whole)) + "|     ", "the document is longer than 6144 bytes"},
	} {
		before, after, _ := strings.Cut(tt.document, "|")
		document := before + after
		line, column := strings.Count(before, "\n")+1, len(before)-strings.LastIndex(before, "\n")

		_, err := Parse(document)
		e, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Errorf("%.200s:\ngot %v, want %q", document, err, tt.reason)
			continue
		}
		if e.Line != line || e.Column != column || !strings.Contains(e.Reason, tt.reason) {
			t.Errorf("%.200s:\ngot  %v\nwant line %d, column %d: %s", document, e, line, column, tt.reason)
		}
	}
}

func TestSystemPolicies(t *testing.T) {
	for _, p := range SystemPolicies() {
		policy, err := Parse(p.Document)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		for action, access := range map[string]string{
			"ens:DescribeLoadBalancers": "read", "ens:CreateLoadBalancer": "write", "ens:ReleaseInstance": "write",
			"ram:GetUser": "other", "cas:ListUserCertificateOrder": "other",
		} {
			want := access == "read" || access == "write" && p.Name == "AliyunENSFullAccess"
			got := Evaluate([]*Policy{policy}, action, "acs:ens:*:1:*", Conditions{}) == Allow
			if got != want {
				t.Errorf("%s: %s allowed %v, want %v", p.Name, action, got, want)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	for _, p := range SystemPolicies() {
		f.Add(p.Document)
	}
	f.Add(`{"Version":"1","Statement":[{"Effect":"Deny","Action":["*:*"],"Resource":["*"],"Condition":{"Bool":{}}}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		p, err := Parse(document)
		if err != nil {
			e, ok := errors.AsType[*SyntaxError](err)
			if !ok || e.Reason == "" || e.Line < 1 || e.Column < 1 || e.Line > strings.Count(document, "\n")+1 || e.Column > len(document)+1 {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if len(p.statements) == 0 {
			t.Fatal("accepted without a statement")
		}
		// White space between tokens is ignored.
		if _, err := Parse(document + " "); err != nil && len(document) < MaxDocumentBytes {
			t.Fatalf("refused with a blank at its end: %v", err)
		}
	})
}

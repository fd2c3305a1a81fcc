package ram

import (
	"strings"
	"testing"
)

const trusting = `{"Version":"1","Statement":[
	{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000:user/alice","acs:ram::1000:role/deploy"],"Service":"ecs.aliyuncs.com"},
	 "Condition":{"StringEquals":{"sts:ExternalId":"ours"}}},
	{"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"RAM":"acs:ram::2000:root"}},
	{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::2000:user/mallory"}}]}`

func TestTrustAllows(t *testing.T) {
	trust, err := ParseTrust(trusting)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		names      string
		externalID string
		want       bool
	}{
		{"acs:ram::1000:root acs:ram::1000:user/alice", "ours", true},
		{"acs:ram::1000:root acs:ram::1000:user/alice", "theirs", false},
		{"acs:ram::1000:root acs:ram::1000:user/alice", "", false},
		{"acs:ram::1000:root acs:ram::1000:role/deploy", "ours", true},
		{"acs:ram::1000:root acs:ram::1000:user/bob", "ours", false},
		{"acs:ram::1000:root acs:ram::1000:user/Alice", "ours", false},
		{"acs:ram::2000:root acs:ram::2000:user/anybody", "", true},
		{"acs:ram::2000:root acs:ram::2000:user/mallory", "", false}, // Deny takes precedence
		{"ecs.aliyuncs.com", "ours", false},                          // no service calls here
	} {
		if got := trust.Allows(strings.Fields(tt.names), Conditions{ExternalID: tt.externalID}); got != tt.want {
			t.Errorf("%s with %q: got %t, want %t", tt.names, tt.externalID, got, tt.want)
		}
	}
}

func TestParseTrustRefuses(t *testing.T) {
	statement := func(s string) string { return `{"Version":"1","Statement":[{` + s + `}]}` }
	const action = `"Effect":"Allow","Action":"sts:AssumeRole"`
	for name, tt := range map[string]struct{ document, want string }{
		"empty":                  {``, "ends too early"},
		"no version":             {`{"Statement":[{` + action + `,"Principal":{"Service":"x"}}]}`, "Version is missing"},
		"another version":        {`{"Version":"2","Statement":[]}`, `must be "1"`},
		"no statement":           {`{"Version":"1"}`, "Statement is missing"},
		"no effect":              {statement(`"Action":"sts:AssumeRole","Principal":{"Service":"x"}`), "Effect is missing"},
		"another effect":         {statement(`"Effect":"allow"`), "must be Allow or Deny"},
		"no action":              {statement(`"Effect":"Allow","Principal":{"Service":"x"}`), "Action is missing"},
		"another action":         {statement(`"Action":"*"`), "must be sts:AssumeRole"},
		"no principal":           {statement(action), "Principal is missing or names nobody"},
		"an empty principal":     {statement(action + `,"Principal":{}`), "Principal is missing or names nobody"},
		"an empty list":          {statement(action + `,"Principal":{"RAM":[]}`), "an empty list"},
		"nobody":                 {statement(action + `,"Principal":{"Service":""}`), "an empty principal"},
		"everybody":              {statement(action + `,"Principal":{"RAM":"*"}`), "is no principal"},
		"every user":             {statement(action + `,"Principal":{"RAM":"acs:ram::1000:user/*"}`), "is no principal"},
		"another kind":           {statement(action + `,"Principal":{"AWS":"x"}`), "unknown kind of principal"},
		"only denials":           {statement(`"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000:root"}`), "it allows nobody"},
		"a resource":             {statement(action + `,"Resource":"*"`), `unknown element "Resource"`},
		"an unknown condition":   {statement(action + `,"Condition":{"StringEquals":{"sts:Other":"x"}}`), "unknown condition key"},
		"text after it":          {trusting + "x", "text after the document"},
		"longer than a document": {`{"Version":"1"` + strings.Repeat(" ", MaxDocumentBytes) + `}`, "longer than"},
	} {
		if trust, err := ParseTrust(tt.document); err == nil || trust != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	// The condition key of trust policies does not exist in others.
	if _, err := Parse(`{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}`); err == nil {
		t.Error("a policy with sts:ExternalId is taken")
	}
}

// A trust policy cut off anywhere is an error, never one that trusts others.
func TestParseTrustTruncated(t *testing.T) {
	for n := range len(trusting) {
		if _, err := ParseTrust(trusting[:n]); err == nil {
			t.Errorf("accepted the first %d bytes: %q", n, trusting[:n])
		}
	}
}

func FuzzParseTrust(f *testing.F) {
	f.Add(trusting)
	f.Add(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"*"}}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		trust, err := ParseTrust(document)
		if (err == nil) != (trust != nil) {
			t.Errorf("%v and %v", trust, err)
		}
		if err == nil && trust.Allows([]string{"", "*", "acs:ram::1000:user/*"}, Conditions{}) {
			t.Errorf("somebody without a name is trusted by %q", document)
		}
	})
}

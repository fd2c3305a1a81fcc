package gateway

import (
	"fmt"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/rpc"
)

// The audit line has every parameter that was sent, also those that the operation
// does not have, and no secret in any spelling.
func TestAuditParams(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ram:DeletePolicy": answers(nil, nil)})
	sent := map[string]string{"PolicyName": "critical", "PolicyType": "System", "Policy": "other", "RegionId": "local"}
	shown := len(sent)
	secret := func(name, value string) { sent[name] = value }
	for _, name := range []string{
		"Password", "password", "PASSWORD", "PassWord ", "Pass-Word", "OldPassword", "passwd", "pwd", "Password.1", "Passwort",
		"Key", "KEY", "key", "Key.1", "Key ", " key", "private_key", "EncryptPrivateKey", "PrivateKeyPem", "Keys", "ApiKey",
		"SecurityToken", "securitytoken", "security-token", "BearerToken", "AccessKeySecret", "secret", "Credentials", "signature",
	} {
		secret(name, "TOP-SECRET")
	}
	secret("Cert", "-----BEGIN PRIVATE KEY-----\nTOP-SECRET")
	secret("Comments", "-----begin rsa private key-----\nTOP-SECRET")
	secret("Document", `{"k":"root-secret"}`)
	delete(sent, "SecurityToken") // refused before anything is looked up
	_, err := s.client("root").Call(t.Context(), api.RamVersion, "DeletePolicy", sent)
	if err != nil {
		t.Fatal(err)
	}
	records := auditOf(t, s)
	if len(records) != 1 {
		t.Fatalf("%d lines", len(records))
	}
	for name := range sent {
		if _, listed := records[0].Params[name]; !listed {
			t.Errorf("%q is not in the line", name)
		}
	}
	hidden := 0
	for name, value := range records[0].Params {
		if value == redacted {
			hidden++
		} else if value != sent[name] {
			t.Errorf("%q: got %q, want %q", name, value, sent[name])
		}
	}
	if want := len(sent) - shown; hidden != want {
		t.Errorf("%d values redacted, want %d: %v", hidden, want, records[0].Params)
	}
	for _, text := range []string{s.audit.String(), s.log.String()} {
		if strings.Contains(text, "TOP-SECRET") || strings.Contains(text, "root-secret") {
			t.Errorf("a secret in %s", text)
		}
	}
}

// The parameters of an audit line are bounded however many were sent: the
// operation's own come first, and the line says how many are missing.
func TestAuditParamsAreBounded(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ram:DeletePolicy": answers(nil, nil)})
	sent := map[string]string{"PolicyName": "critical"}
	const many = 900
	for n := range many {
		sent[fmt.Sprintf("A%d%s", n, strings.Repeat("x", 100))] = strings.Repeat("y", 100)
	}
	if _, err := s.client("root").Call(t.Context(), api.RamVersion, "DeletePolicy", sent); err != nil {
		t.Fatal(err)
	}
	line := s.audit.String
	records := auditOf(t, s)
	if len(records) != 1 {
		t.Fatalf("%d lines", len(records))
	}
	r := records[0]
	if r.Params["PolicyName"] != "critical" || len(r.Params)+r.Unlisted != many+1 || r.Unlisted == 0 {
		t.Errorf("%d parameters listed, %d not, of %d", len(r.Params), r.Unlisted, many+1)
	}
	if n := len(line()); n > 2*maxAuditParams {
		t.Errorf("a line of %d bytes", n)
	}
}

// Every operation's secrets are redacted for every other operation too.
func TestSecretRowsSoundSecret(t *testing.T) {
	leak.Check(t)
	for _, op := range api.Operations() {
		for _, row := range op.New().Params() {
			for _, name := range []string{row.Name, strings.ToLower(row.Name), strings.ToUpper(row.Name), row.Name + " "} {
				if row.Secret && !soundsSecret(name) {
					t.Errorf("%s of %s would be written down for another operation", name, op.Name)
				}
				if !row.Secret && soundsSecret(name) {
					t.Errorf("%s of %s would be redacted for another operation", name, op.Name)
				}
			}
		}
	}
}

// Signature parameters are not among the parameters of a call.
func TestAuditOmitsTheProtocol(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{"ens:DescribeLoadBalancers": answers(nil, nil)})
	client := s.client("root")
	client.Algorithm = rpc.V1
	if _, err := client.Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", map[string]string{"Format": "JSON"}); err != nil {
		t.Fatal(err)
	}
	if records := auditOf(t, s); len(records) != 1 || len(records[0].Params) != 0 {
		t.Errorf("got %+v", records)
	}
}

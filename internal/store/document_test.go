package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var testKey = bytes.Repeat([]byte{7}, 32)

func testSealer(t testing.TB) *sealer {
	t.Helper()
	s, err := newSealer(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Documents must be readable by every later version, so the form of each is kept
// in testdata. A new field is fine and is added there with -update; a removed or
// changed field needs a new documentVersion.
func TestDocumentsKeepTheirForm(t *testing.T) {
	day := time.Date(2026, 3, 27, 1, 2, 3, 0, time.UTC)
	tags := []elb.Tag{{Key: "k", Value: "v"}}
	for name, text := range map[string]string{
		"loadbalancer": form(t, loadBalancers, elb.LoadBalancer{
			ID: "lb-1", Name: "front", RegionID: "local", NetworkID: "n-default", VSwitchID: "vsw-default",
			Spec: "elb.s1.small", PayType: "PostPaid", Address: netip.MustParseAddr("127.8.0.1"), Status: elb.Active,
			CreateTime: day, Backends: []elb.Backend{
				{ServerID: "i-1", Type: "ens", IP: netip.MustParseAddr("2001:db8::1"), Port: 8080, Weight: 100},
			},
			Tags: tags,
			EIPs: []elb.AttachedEIP{{ID: "eip-1", Address: netip.MustParseAddr("203.0.113.7")}},
		}),
		"eip": form(t, eips, elb.EIP{
			ID: "eip-1", RegionID: "local", Name: "n", Description: "d", Address: netip.MustParseAddr("203.0.113.7"), Bandwidth: 5, ISP: "cmcc",
			ChargeType: "PostPaid", InternetChargeType: "95BandwidthByMonth", LoadBalancerID: "lb-1", Standby: true, CreateTime: day, Tags: tags,
		}),
		"eipaddress": form(t, eipAddresses, "eip-1"),
		"listener": form(t, listeners, elb.Listener{
			LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Description: "web", BackendPort: 8080,
			Forward: true, ForwardPort: 80, Scheduler: elb.WRR, IdleTimeout: 15 * time.Second, RequestTimeout: time.Minute,
			Sticky: elb.Sticky{On: true, Type: elb.StickyInsert, CookieTimeout: time.Hour, Cookie: "sid"},
			Check: elb.HealthCheck{
				On: true, Domain: "example.com", URI: "/up", Method: "head", HTTPCodes: []string{"http_2xx"},
				ConnectPort: 8081, Interval: 2 * time.Second, Timeout: 5 * time.Second, Rise: 3, Fall: 3,
			},
			CertificateID: "1000001", Started: true, CreateTime: day,
		}),
		"certificate": form(t, certificates, elb.Certificate{
			ID: 1000001, Name: "web", ChainPEM: "chain", CommonName: "example.com", Sans: []string{"example.com"},
			Issuer: "ca", OrgName: "org", Province: "p", City: "c", Country: "CN", Fingerprint: "AB", Sha2: "CD",
			SerialNo: "1", Algorithm: "RSA", NotBefore: day, NotAfter: day, CreateTime: day,
		}),
		"network": form(t, networks, elb.Network{
			ID: "n-1", RegionID: "local", Name: "n", Description: "d", CIDR: netip.MustParsePrefix("10.0.0.0/8"), CreateTime: day, Tags: tags,
		}),
		"vswitch": form(t, vSwitches, elb.VSwitch{
			ID: "vsw-1", NetworkID: "n-1", RegionID: "local", Name: "v", Description: "d",
			CIDR: netip.MustParsePrefix("10.0.0.0/24"), CreateTime: day, Tags: tags,
		}),
		"instance": form(t, instances, elb.Instance{
			ID: "i-1", Name: "web", RegionID: "local", NetworkID: "n-1", VSwitchID: "vsw-1", Address: netip.MustParseAddr("10.0.0.7"), CreateTime: day, Tags: tags,
		}),
		"instancerange": form(t, instanceRanges, elb.InstanceRange{CIDR: netip.MustParsePrefix("10.0.0.0/8"), CreateTime: day}),
		"region":        form(t, regions, elb.Region{ID: "local", Name: "n", EnName: "e", Area: "a", Province: "p"}),
		"account":       form(t, accounts, elb.Account{ID: "1234567890123456", CreateTime: day}),
		"user": form(t, users, elb.User{
			ID: "1", Name: "alice", DisplayName: "Alice", MobilePhone: "1", Email: "a@example.com", Comments: "c",
			CreateDate: day, UpdateDate: day,
		}),
		"accesskey": form(t, accessKeys, elb.AccessKey{ID: "LTAI", UserName: "alice", Active: true, CreateDate: day}),
		"policy": form(t, policies, elb.Policy{
			Name: "p", Type: elb.CustomPolicy, Description: "d", Document: "{}", CreateDate: day, UpdateDate: day,
		}),
		"attachment": form(t, attachments, elb.Attachment{
			Holder: elb.Holder{UserName: "alice"}, PolicyName: "p", PolicyType: elb.CustomPolicy, AttachDate: day,
		}),
		"group":      form(t, groups, elb.Group{ID: "1", Name: "ops", Comments: "c", CreateDate: day, UpdateDate: day}),
		"membership": form(t, members, elb.Membership{GroupID: "1", UserName: "alice", JoinDate: day}),
		"role": form(t, roles, elb.Role{
			ID: "1", Name: "r", Description: "d", Trust: "{}", MaxSession: time.Hour, CreateDate: day, UpdateDate: day,
		}),
		"policyversions": form(t, policies, elb.Policy{
			Name: "p", Type: elb.CustomPolicy, Document: "{}", CreateDate: day, UpdateDate: day, DefaultVersion: 2, LastVersion: 3,
			Versions: []elb.PolicyVersion{{Number: 2, Document: "{}", CreateDate: day}},
		}),
		"groupattachment": form(t, attachments, elb.Attachment{
			Holder: elb.Holder{GroupID: "1"}, PolicyName: "p", PolicyType: elb.CustomPolicy, AttachDate: day,
		}),
		"roleattachment": form(t, attachments, elb.Attachment{
			Holder: elb.Holder{RoleName: "r"}, PolicyName: "p", PolicyType: elb.CustomPolicy, AttachDate: day,
		}),
		"login": form(t, logins, elb.LoginProfile{
			UserName: "alice", PasswordResetRequired: true, MFABindRequired: true, CreateDate: day, UpdateDate: day,
		}),
		"sessionkeys": form(t, sessionKeys, []elb.SessionKey{{Period: 41076}, {Period: 41077}}),
		"result":      form(t, results, Result{Params: "ab", ID: "lb-1"}),
		"status": form(t, statuses, elb.ListenerStatus{
			LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Revision: 7, State: elb.Running, Reason: "r",
			Backends: []elb.BackendStatus{{ServerID: "i-1", Address: "10.0.0.1:80", Health: "healthy", LastErr: "e"}},
		}),
	} {
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text); diff != "" {
			t.Errorf("%s (-stored before +now):\n%s", name, diff)
		}
	}
}

// form is the document of v, for reading. Secrets are random when encrypted, so
// they are left out of v.
func form[T any](t *testing.T, k kind[T], v T) string {
	t.Helper()
	text, err := encode(testSealer(t), k, "/key", v)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "\t"); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func TestDecodeRefuses(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"v":2,"d":{}}`, "user /key: form 2 is unknown; a newer version of elbow wrote it"},
		{`{"d":{}}`, "form 0 is unknown"},
		{`{"v":1,"d":{"Name":`, "user /key: unexpected end of JSON input"},
		{``, "unexpected end"},
		{`{"v":1,"d":{"Name":7}}`, "cannot unmarshal number"},
	} {
		if _, err := decode(testSealer(t), users, "/key", []byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.text, err, tt.want)
		}
	}
}

// A field that a newer version added is ignored.
func TestDecodePassesOverUnknownFields(t *testing.T) {
	u, err := decode(testSealer(t), users, "/key", []byte(`{"v":1,"d":{"Name":"alice","Shoe":42},"x":1}`))
	if err != nil || u.Name != "alice" {
		t.Errorf("got %+v, %v", u, err)
	}
}

func TestSecretsAreSealed(t *testing.T) {
	s := testSealer(t)
	const secret = "this is very secret"
	text, err := encode(s, accessKeys, "/k", elb.AccessKey{ID: "LTAI", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, secret) {
		t.Errorf("the secret is in %s", text)
	}
	if k, err := decode(s, accessKeys, "/k", []byte(text)); err != nil || k.Secret != secret {
		t.Errorf("got %q, %v, want the secret", k.Secret, err)
	}
	again, err := encode(s, accessKeys, "/k", elb.AccessKey{ID: "LTAI", Secret: secret})
	if err != nil || again == text {
		t.Errorf("sealing twice gives the same text (%v)", err)
	}
}

// An encrypted secret decrypts only under its own document key, unchanged, with
// the seal key.
func TestOpenRefuses(t *testing.T) {
	s := testSealer(t)
	sealed, err := s.seal("/k", "secret")
	if err != nil {
		t.Fatal(err)
	}
	other, err := newSealer(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (string, error){
		"under another key":     func() (string, error) { return s.open("/l", sealed) },
		"with another seal key": func() (string, error) { return other.open("/k", sealed) },
		"that is no base64":     func() (string, error) { return s.open("/k", "!"+sealed) },
		"that is empty inside":  func() (string, error) { return s.open("/k", "AAAA") },
	} {
		if got, err := open(); !errors.Is(err, errSealed) {
			t.Errorf("a secret %s: got %q, %v, want errSealed", name, got, err)
		}
	}
	for n := range len(sealed) {
		if got, err := s.open("/k", sealed[:n]); err == nil && n > 0 {
			t.Errorf("the first %d characters open to %q", n, got)
		}
	}
}

// Names chosen by a client cannot reach into another key range.
func TestKeysKeepNamesApart(t *testing.T) {
	keys := make(map[string]string)
	for _, names := range [][]string{{"a", "b"}, {"a/b"}, {"a/", "b"}, {"a", "/b"}, {"a%2Fb"}, {"a", "b", ""}, {"", "a", "b"}} {
		key := under(userPrefix, names...)
		if earlier, taken := keys[key]; taken {
			t.Errorf("%q and %s have the key %s", names, earlier, key)
		}
		keys[key] = fmt.Sprintf("%q", names)
	}
}

func TestAddressKeysSortAsAddresses(t *testing.T) {
	last := ""
	for _, text := range []string{"10.0.0.2", "10.0.0.10", "127.8.0.1", "127.8.1.0", "2001:db8::1"} {
		a := netip.MustParseAddr(text)
		key := addressKey("vsw-1", a)
		if key <= last {
			t.Errorf("the key of %s does not come after the one before", a)
		}
		last = key
		if got, err := addressOf(key); err != nil || got != a {
			t.Errorf("got %v, %v, want %v", got, err, a)
		}
	}
	if _, err := addressOf(addressesOf("vsw-1") + "7f"); err == nil {
		t.Error("a short key was accepted")
	}
}

package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"elbow/internal/api"
	"elbow/internal/leak"
	"elbow/internal/ram"
	"elbow/internal/rpc"
)

// counting returns a handler that calls called and answers nothing.
func counting(called func()) Handler {
	return func(context.Context, ram.Identity, api.Input) (any, error) {
		called()
		return nil, nil
	}
}

// auditOf stops the site and reads its audit log.
func auditOf(t *testing.T, s *site) []record {
	t.Helper()
	s.stop()
	var all []record
	for dec := json.NewDecoder(strings.NewReader(s.audit.String())); ; {
		var r record
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s.audit.String())
		}
		all = append(all, r)
	}
}

// Every call leaves one line, whether it was refused, at whatever stage, or not.
func TestAudit(t *testing.T) {
	leak.Check(t)
	s := newSite(t, map[string]Handler{
		"ens:DescribeLoadBalancers": answers(nil, nil),
		"ens:ReleaseInstance":       answers(nil, api.LoadBalancerNotFound()),
		"ens:DescribeEnsRegions":    func(context.Context, ram.Identity, api.Input) (any, error) { panic("fault") },
	}, ram.SystemPolicies()[1].Document)
	if resp, err := http.Get(s.URL + "/favicon.ico"); err == nil {
		resp.Body.Close()
	}
	wrongKey := &rpc.Client{Endpoint: s.URL, AccessKeyID: "user", Secret: "wrong"}
	for _, call := range []struct {
		client *rpc.Client
		action string
		params map[string]string
	}{
		{wrongKey, "ReleaseInstance", map[string]string{"InstanceId": "lb-1"}},
		{wrongKey, strings.Repeat("ä", maxAuditName), nil},
		{s.client("user"), "ReleaseInstance", map[string]string{"InstanceId": "lb-1"}},
		{s.client("user"), "DescribeLoadBalancers", map[string]string{"LoadBalancerName": "n", "EnsRegionIds.1": "r", "Unknown": "u"}},
		{s.client("root"), "ReleaseInstance", map[string]string{"InstanceId": strings.Repeat("x", 1000)}},
		{s.client("root"), "DescribeEnsRegions", nil},
	} {
		_, _ = call.client.Call(t.Context(), api.EnsVersion, call.action, call.params)
	}
	want := []record{
		{Status: 404, Code: "InvalidAction.NotFound"},
		{AccessKey: "user", Action: "ReleaseInstance", Status: 400, Code: "SignatureDoesNotMatch"},
		{AccessKey: "user", Action: strings.Repeat("ä", maxAuditName/2) + "…", Status: 404, Code: "InvalidAction.NotFound"},
		{Account: account, User: "alice", AccessKey: "user", Action: "ReleaseInstance", Params: map[string]string{"InstanceId": "lb-1"}, Status: 400, Code: "NoPermission"},
		{Account: account, User: "alice", AccessKey: "user", Action: "DescribeLoadBalancers", Params: map[string]string{"LoadBalancerName": "n", "EnsRegionIds.1": "r", "Unknown": "u"}, Status: 200},
		{Account: account, User: "root", AccessKey: "root", Action: "ReleaseInstance", Params: map[string]string{"InstanceId": strings.Repeat("x", maxAuditValue) + "…"}, Status: 400, Code: "InvalidInstanceId"},
		{Account: account, User: "root", AccessKey: "root", Action: "DescribeEnsRegions", Status: 500, Code: "InternalError"},
	}
	got := auditOf(t, s)
	if len(got) != len(want) {
		t.Fatalf("%d lines for %d calls:\n%s", len(got), len(want), s.audit.String())
	}
	ids := make(map[string]bool)
	for i, r := range got {
		w := want[i]
		if _, err := time.Parse(time.RFC3339, r.Time); err != nil || r.Source != "127.0.0.1" || r.Secure || r.Took < 0 {
			t.Errorf("line %d: %+v", i+1, r)
		}
		ids[r.RequestID] = true
		if r.Account != w.Account || r.User != w.User || r.AccessKey != w.AccessKey || r.Action != w.Action ||
			r.Status != w.Status || r.Code != w.Code || !maps.Equal(r.Params, w.Params) {
			t.Errorf("line %d:\ngot  %+v\nwant %+v", i+1, r, w)
		}
	}
	if len(ids) != len(got) {
		t.Errorf("%d request ids for %d calls", len(ids), len(got))
	}
}

// No secret parameter of any operation is written to the log.
func TestAuditRedactsSecrets(t *testing.T) {
	leak.Check(t)
	handlers := make(map[string]Handler)
	for _, op := range api.Operations() {
		handlers[op.Action()] = answers(nil, nil)
	}
	s := newSite(t, handlers)
	client := s.client("root")
	_, err := client.Call(t.Context(), api.CasVersion, "UploadUserCertificate", map[string]string{
		"Name": "c", "Cert": "PUBLIC", "Key": "TOP-SECRET", "EncryptPrivateKey": "TOP-SECRET", "SignPrivateKey": "TOP-SECRET",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Call(t.Context(), api.RamVersion, "ChangePassword", map[string]string{
		"OldPassword": "TOP-SECRET-1", "NewPassword": "TOP-SECRET-2",
	}); err != nil {
		t.Fatal(err)
	}
	records := auditOf(t, s)
	if len(records) != 2 || records[1].Params["OldPassword"] != "[redacted]" || records[0].Params["Key"] != "[redacted]" || records[0].Params["Cert"] != "PUBLIC" {
		t.Errorf("got %+v", records)
	}
	for _, text := range []string{s.audit.String(), s.log.String()} {
		if strings.Contains(text, "TOP-SECRET") || strings.Contains(text, "root-secret") {
			t.Errorf("a secret in %s", text)
		}
	}

	// These rows sound like secrets; a new one must be reviewed.
	var sounding []string
	for _, op := range api.Operations() {
		for _, row := range op.New().Params() {
			for _, word := range []string{"Key", "Secret", "Password", "Token"} {
				if strings.HasSuffix(row.Name, word) && row.Name != "ClientToken" && row.Name != "NextToken" { // an idempotent call, and a page
					sounding = append(sounding, op.Name+"."+row.Name)
				}
			}
		}
	}
	slices.Sort(sounding)
	sounding = slices.Compact(sounding)
	if want := []string{
		"ChangePassword.NewPassword", "ChangePassword.OldPassword", "CreateLoginProfile.Password",
		"DescribeInstances.SearchKey", "UntagResources.TagKey", "UpdateLoginProfile.Password", "UploadUserCertificate.Key",
	}; !slices.Equal(sounding, want) {
		t.Errorf("got %q, want %q", sounding, want)
	}
}

// stalled is a writer that blocks until released, and then fails.
type stalled struct{ release chan struct{} }

func (w stalled) Write([]byte) (int, error) {
	<-w.release
	return 0, errors.New("disk is full")
}

// A writer that stalls delays a call by auditTimeout at most; lines that find no
// room then are lost and counted.
func TestAuditWriterStalls(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		lost := prometheus.NewCounter(prometheus.CounterOpts{Name: "lost"})
		var log lockedBuffer
		out := stalled{make(chan struct{})}
		a := newAuditLog(out, slog.New(slog.NewTextHandler(&log, nil)), lost)
		a.write(record{Account: "1"}, time.Now())
		synctest.Wait() // the writer has the first line and blocks
		start := time.Now()
		for range auditLines {
			a.write(record{Account: "1"}, time.Now())
		}
		if waited := time.Since(start); waited != 0 { // by the test's own clock
			t.Errorf("waited %v with room for %d lines", waited, auditLines)
		}
		a.write(record{Account: "1"}, time.Now())
		if waited := time.Since(start); waited != auditTimeout {
			t.Errorf("waited %v for room, want %v", waited, auditTimeout)
		}
		if got := testutil.ToFloat64(lost); got != 1 {
			t.Errorf("%v lines lost, want 1", got)
		}
		a.write(record{Account: "1"}, time.Now()) // one call has found out; the others do not wait
		if waited := time.Since(start); waited != auditTimeout {
			t.Errorf("the next call waited too, %v in all", waited)
		}
		start = time.Now()
		a.close()
		if waited := time.Since(start); waited != auditTimeout {
			t.Errorf("close waited %v, want %v", waited, auditTimeout)
		}
		close(out.release)
		<-a.done
		if got := testutil.ToFloat64(lost); got != auditLines+3 {
			t.Errorf("%v lines lost, want %d", got, auditLines+3)
		}
		for _, line := range []string{"audit log not written", "audit log stalled", "audit log no longer stalled"} {
			if n := strings.Count(log.String(), line); n != 1 {
				t.Errorf("%q was logged %d times:\n%s", line, n, log.String())
			}
		}
	})
}

// A call that is refused before its operation is known counts as unknown: no
// label is a client's text.
func TestCounts(t *testing.T) {
	leak.Check(t)
	registry := prometheus.NewRegistry()
	s := newSite(t, map[string]Handler{"ens:DescribeLoadBalancers": answers(nil, nil)})
	s.gateway.counts = newCounts(registry)
	_, _ = s.client("root").Call(t.Context(), api.EnsVersion, "DescribeLoadBalancers", nil)
	_, _ = s.client("root").Call(t.Context(), api.EnsVersion, "Made-Up", nil)
	want := `
# HELP elbow_api_calls_total API calls, by action (unknown if there is no such operation) and HTTP status.
# TYPE elbow_api_calls_total counter
elbow_api_calls_total{action="ens:DescribeLoadBalancers",status="200"} 1
elbow_api_calls_total{action="unknown",status="404"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "elbow_api_calls_total"); err != nil {
		t.Error(err)
	}
}

// The table from which the reference page is generated has the fields of a line,
// in their order.
func TestAuditFieldsAreThoseOfALine(t *testing.T) {
	leak.Check(t)
	line := reflect.TypeFor[record]()
	if line.NumField() != len(AuditFields) {
		t.Errorf("a line has %d fields, the table %d", line.NumField(), len(AuditFields))
	}
	for i := range min(line.NumField(), len(AuditFields)) {
		if name, _, _ := strings.Cut(line.Field(i).Tag.Get("json"), ","); name != AuditFields[i].Name {
			t.Errorf("field %d is %s, in the table %s", i, name, AuditFields[i].Name)
		}
	}
}

// Refused unauthenticated calls leave a bounded number of lines, in which each of
// them is counted. Other calls all have one line.
func TestAuditOfUnauthenticatedCalls(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		a := newAuditLog(&out, slog.New(slog.DiscardHandler), prometheus.NewCounter(prometheus.CounterOpts{Name: "lost"}))
		const flood, sources = 5000, 100
		for i := range flood {
			a.write(record{Source: "192.0.2.1", Code: "SignatureDoesNotMatch", Status: 400}, time.Now())
			if i%10 == 0 {
				a.write(record{Source: "192.0.2.2", Account: "1", Code: "NoPermission", Status: 403}, time.Now())
			}
			if i < sources {
				a.write(record{Source: fmt.Sprint("203.0.113.", i), Code: "InvalidAccessKeyId.NotFound", Status: 404}, time.Now())
			}
			synctest.Wait()
		}
		time.Sleep(anonymousSums + time.Second) // of the test's own clock
		a.write(record{Source: "192.0.2.1", Code: "SignatureDoesNotMatch", Status: 400}, time.Now())
		a.close()

		var lines, own int
		var calls int64
		bySource := make(map[string]int64)
		for dec := json.NewDecoder(&out); ; {
			var r record
			if err := dec.Decode(&r); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if r.Account != "" {
				own++
				continue
			}
			lines++
			calls += max(r.Calls, 1)
			bySource[r.Source] += max(r.Calls, 1)
		}
		if own != flood/10 {
			t.Errorf("%d lines of known callers, want %d", own, flood/10)
		}
		if limit := anonymousBurst + maxAnonymousSums + 2 + 1; lines > limit {
			t.Errorf("%d lines of unauthenticated calls, want %d at most", lines, limit)
		}
		if calls != flood+sources+1 || bySource["192.0.2.1"] != flood+1 || bySource[others] == 0 {
			t.Errorf("%d calls are told of, want %d: %v", calls, flood+sources+1, bySource)
		}
	})
}

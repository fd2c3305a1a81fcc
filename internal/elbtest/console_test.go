package elbtest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"elbow/internal/rpc"
)

// A visitor is a browser at the console of a node.
type visitor struct {
	testing.TB
	client *http.Client
	base   string
	token  string // of the forms in the last page
}

func newVisitor(t testing.TB, n *Node) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{TB: t, client: &http.Client{Jar: jar, Transport: transport}, base: "http://" + n.API + "/console/"}
}

var consoleToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (v *visitor) read(res *http.Response, err error) (status int, at, text string) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	if m := consoleToken.FindSubmatch(body); m != nil {
		v.token = string(m[1])
	}
	return res.StatusCode, res.Request.URL.Path, string(body)
}

func (v *visitor) get(page string) (status int, at, text string) {
	v.Helper()
	return v.read(v.client.Get(v.base + page))
}

func (v *visitor) post(page string, form url.Values) (status int, at, text string) {
	v.Helper()
	form.Set("csrf", v.token)
	return v.read(v.client.PostForm(v.base+page, form))
}

func (v *visitor) signIn(by, name, secret string) (at, text string) {
	v.Helper()
	v.get("signin")
	_, at, text = v.post("signin", url.Values{"by": {by}, "name": {name}, "secret": {secret}})
	return at, text
}

// follow opens an event stream and waits for its first event.
func (v *visitor) follow(page string) *http.Response {
	v.Helper()
	res, err := v.client.Get(v.base + page)
	if err != nil {
		v.Fatal(err)
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			return res
		}
	}
	v.Fatalf("%s: no event: status %d", page, res.StatusCode)
	return nil
}

// An action at the console is a call of the API as the signed-in person, and a session
// ends with the credential that it began with.
func TestConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := newVisitor(t, w.node)
	if at, text := root.signIn("", w.AccessKeyID, w.Secret); at != "/console/" || !strings.Contains(text, "Overview") {
		t.Fatalf("sign-in: at %s: %s", at, text)
	}
	if _, at, text := root.post("load-balancers/"+w.lb+"/name", url.Values{"LoadBalancerName": {"renamed"}}); !strings.Contains(text, "The load balancer is renamed.") {
		t.Errorf("at %s: %s", at, text)
	}
	Eventually(t, func() error {
		log, err := os.ReadFile(filepath.Join(w.node.Data(), "audit.log"))
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(log), "\n") {
			if strings.Contains(line, `"via":"console"`) && strings.Contains(line, `"ModifyLoadBalancerAttribute"`) && strings.Contains(line, `"user":"root"`) {
				return nil
			}
		}
		return fmt.Errorf("no audit line of the console")
	})

	erin := newVisitor(t, w.node) // has a password and no policy
	if at, text := erin.signIn("password", "erin", worldPassword); at != "/console/" || !strings.Contains(text, "ens:DescribeLoadBalancers") {
		t.Errorf("at %s: %s", at, text)
	}
	if status, _, text := erin.get("load-balancers/" + w.lb); status != http.StatusForbidden || !strings.Contains(text, "ens:DescribeLoadBalancerAttribute") {
		t.Errorf("without a policy: %d %s", status, text)
	}
	w.must(t, "UpdateLoginProfile", map[string]string{"UserName": "erin", "Password": "yet-another-password"}, nil)
	if _, at, _ := erin.get(""); at != "/console/signin" {
		t.Errorf("after the password was changed: at %s", at)
	}
	w.must(t, "UpdateLoginProfile", map[string]string{"UserName": "erin", "MFABindRequired": "true"}, nil)
	if _, text := erin.signIn("password", "erin", "yet-another-password"); !strings.Contains(text, "second factor") {
		t.Errorf("with a second factor required: %s", text)
	}

	key := w.newKey(t, "carol")
	carol := newVisitor(t, w.node)
	if at, text := carol.signIn("", key.AccessKeyID, key.Secret); at != "/console/" {
		t.Fatalf("at %s: %s", at, text)
	}
	w.must(t, "UpdateAccessKey", map[string]string{"UserName": "carol", "UserAccessKeyId": key.AccessKeyID, "Status": "Inactive"}, nil)
	if _, at, _ := carol.get(""); at != "/console/signin" {
		t.Errorf("after the key was switched off: at %s", at)
	}

	// A browser with an event stream does not delay the end of the server.
	stream := root.follow("live/load-balancers/" + w.lb)
	defer stream.Body.Close()
	start := time.Now()
	w.node.Stop(t)
	if took := time.Since(start); took >= 30*time.Second { // -drain-timeout
		t.Errorf("the server took %s to end while a page watched", took)
	}

	// Sessions survive a restart and a takeover; sessions that were ended do not come
	// back.
	again := w.node.Again(t)
	if _, at, _ := root.get(""); at != "/console/" {
		t.Errorf("after a restart: at %s", at)
	}
	again.TakeOver(t)
	if _, at, _ := root.get("users"); at != "/console/users" {
		t.Errorf("after a takeover: at %s", at)
	}
	if _, at, _ := carol.get(""); at != "/console/signin" {
		t.Errorf("after a restart the key that was switched off is signed in: at %s", at)
	}
}

// A browser at the API is redirected to the console, unless -console=off turns the console
// off.
func TestConsoleSwitch(t *testing.T) {
	t.Parallel()
	status := func(n *Node, page string) int {
		r, err := http.NewRequest("GET", "http://"+n.API+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	on, off := Start(t, Options{}), Start(t, Options{Args: []string{"-console", "off"}})
	if got := status(on, "/"); got != http.StatusFound {
		t.Errorf("a browser at the API: %d", got)
	}
	if got := status(on, "/console/signin"); got != http.StatusOK {
		t.Errorf("the console: %d", got)
	}
	for _, page := range []string{"/", "/console/", "/console/signin"} {
		if got := status(off, page); got < 400 {
			t.Errorf("-console=off: %s is %d", page, got)
		}
	}
	if _, err := on.RPC().Call(t.Context(), "2015-04-01", "GetCallerIdentity", nil); err != nil {
		t.Errorf("the API beside the console: %v", err)
	}
}

// BenchmarkConsole measures the console of an installation with 1,000 load balancers: the
// time of the overview, and the CPU time of 50 open pages.
func BenchmarkConsole(b *testing.B) {
	n := Start(b, Options{})
	c := NewCertificate(b, SiteName)
	certificate := Upload(b, n.SDK(b), c)
	client := n.RPC()
	var work sync.WaitGroup
	for range 16 {
		work.Go(func() {
			for range 63 { // 1,008 in all
				oneBalancer(b, client, certificate)
			}
		})
	}
	work.Wait()
	v := newVisitor(b, n)
	if at, text := v.signIn("", n.AccessKeyID, n.Secret); at != "/console/" {
		b.Fatalf("at %s: %s", at, text)
	}
	quickest := time.Hour
	for b.Loop() {
		start := time.Now()
		v.get("")
		quickest = min(quickest, time.Since(start))
	}
	b.ReportMetric(float64(quickest.Microseconds())/1000, "ms/overview-min")

	const watched = 20 * time.Second
	idle := cpuOf(b, n.PID(), watched)
	for range 50 {
		stream := v.follow("live/overview")
		defer stream.Body.Close()
		go io.Copy(io.Discard, stream.Body) // ends with the stream
	}
	open := cpuOf(b, n.PID(), watched)
	b.ReportMetric(100*idle.Seconds()/watched.Seconds(), "%cpu-none")
	b.ReportMetric(100*open.Seconds()/watched.Seconds(), "%cpu-50open")
}

// oneBalancer creates a load balancer with a backend and a running listener.
func oneBalancer(b *testing.B, client *rpc.Client, certificate string) {
	var made struct{ LoadBalancerID string }
	text, err := patient(b, client, operation(b, "CreateLoadBalancer"), LoadBalancerParams())
	if err != nil {
		b.Error(err)
		return
	}
	if err := json.Unmarshal(text, &made); err != nil {
		b.Error(err)
		return
	}
	key := map[string]string{"LoadBalancerId": made.LoadBalancerID, "ListenerPort": "8443"}
	for _, call := range []struct {
		name   string
		params map[string]string
	}{
		{"AddBackendServers", map[string]string{"LoadBalancerId": made.LoadBalancerID, "BackendServers": `[{"ServerId":"i-1","Ip":"127.0.0.1","Port":"1"}]`}},
		{"CreateLoadBalancerHTTPSListener", with(key, "HealthCheck", "off", "ServerCertificateId", certificate)},
		{"StartLoadBalancerListener", key},
	} {
		if _, err := patient(b, client, operation(b, call.name), call.params); err != nil {
			b.Error(err)
		}
	}
}

// cpuOf returns the CPU time that a process uses during a period.
func cpuOf(b *testing.B, pid int, while time.Duration) time.Duration {
	b.Helper()
	used := func() time.Duration {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			b.Skip("needs /proc")
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
		user, _ := strconv.Atoi(fields[11])
		system, _ := strconv.Atoi(fields[12])
		return time.Duration(user+system) * 10 * time.Millisecond // /proc counts in hundredths of a second
	}
	before := used()
	time.Sleep(while)
	return used() - before
}

// The charts of an open page continue over a takeover and a restart, with the points from
// before, even without a history.
func TestConsoleChartsOutlastProcesses(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Args: []string{"-history-size", "0"}})
	v := newVisitor(t, n)
	v.signIn("", n.AccessKeyID, n.Secret)
	times := func() (all []int64) {
		status, _, text := v.get("series?span=15m")
		var points []struct {
			T int64 `json:"t"`
		}
		if err := json.Unmarshal([]byte(text), &points); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v in %s", status, err, text)
		}
		for _, p := range points {
			all = append(all, p.T)
		}
		return all
	}
	more := func(than int) (all []int64) {
		Eventually(t, func() error {
			if all = times(); len(all) < than {
				return fmt.Errorf("%d points, want %d", len(all), than)
			}
			return nil
		})
		return all
	}
	var before []int64
	went := func(what string) {
		t.Helper()
		after := more(len(before) + 2)
		if !slices.Equal(after[:len(before)], before) || !slices.IsSorted(after) {
			t.Errorf("after %s the chart has %v, want it to go on from %v", what, after, before)
		}
		before = after
	}
	before = more(3)
	n = n.TakeOver(t)
	went("a takeover")
	n.Stop(t)
	n.Again(t)
	went("a restart")
}

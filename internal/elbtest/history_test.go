package elbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"

	"elbow/internal/rpc"
)

// spanOf returns the parameters of a call for the hours around now.
func (f *Front) spanOf(changes map[string]string) map[string]string {
	now := time.Now().UTC()
	params := map[string]string{
		"LoadBalancerId": f.LoadBalancerID, "StartTime": now.Add(-2 * time.Hour).Format(time.DateTime), "EndTime": now.Add(time.Hour).Format("2006-01-02T15:04:05Z"),
	}
	for name, value := range changes {
		params[name] = value
	}
	return params
}

// monitored contains the sums of the three operations' counts for the load balancer, over
// all minutes.
type monitored struct {
	requests, ok, missing, failed int // of DescribeServerLoadBalancerMonitor
	ofListener                    int // requests of DescribeServerLoadBalancerListenMonitor
	accepted, out, valid          int // of DescribeLoadBalancerListenMonitor; valid is the maximum
}

func (f *Front) monitored() (sum monitored, err error) {
	whole, err := f.ENS.DescribeServerLoadBalancerMonitor(Fill(ens.CreateDescribeServerLoadBalancerMonitorRequest(), f.spanOf(nil)))
	if err != nil {
		return sum, err
	}
	for _, m := range whole.ServerLoadBalancerMonitorData {
		sum.requests, sum.ok, sum.missing, sum.failed = sum.requests+m.Acc, sum.ok+m.Reqs2xx, sum.missing+m.Reqs4xx, sum.failed+m.Reqs5xx
		if _, err := time.Parse("2006-01-02 15:04:00", m.BizTime); err != nil || m.LoadBalancerId != f.LoadBalancerID || m.Vip != f.Address || m.LoadBalancerSpec != "elb.s1.small" || m.EnsRegionId != "local" {
			return sum, fmt.Errorf("%+v, %v", m, err)
		}
	}
	listeners, err := f.ENS.DescribeServerLoadBalancerListenMonitor(Fill(ens.CreateDescribeServerLoadBalancerListenMonitorRequest(), f.spanOf(nil)))
	if err != nil {
		return sum, err
	}
	for _, m := range listeners.ServerLoadBalancerMonitorData {
		sum.ofListener += m.Acc
		if strconv.Itoa(m.Vport) != f.Port || m.Proto != "https" {
			return sum, fmt.Errorf("%+v", m)
		}
	}
	one, err := f.ENS.DescribeLoadBalancerListenMonitor(Fill(ens.CreateDescribeLoadBalancerListenMonitorRequest(), f.spanOf(map[string]string{"VPort": f.Port, "Proto": "https"})))
	if err != nil {
		return sum, err
	}
	for _, m := range one.LoadBalancerMonitorListenData {
		conns, err1 := strconv.Atoi(m.Conns)
		out, err2 := strconv.Atoi(m.OutBytes)
		valid, err3 := strconv.Atoi(m.ValidRsNum)
		if err := errors.Join(err1, err2, err3); err != nil || m.VPort != f.Port || m.InValidRsNum != "0" {
			return sum, fmt.Errorf("%+v: %v", m, err)
		}
		sum.accepted, sum.out, sum.valid = sum.accepted+conns, sum.out+out, max(sum.valid, valid)
	}
	return sum, nil
}

var requestsTotal = regexp.MustCompile(`(?m)^elbow_listener_requests_total\{.*\} (\d+)$`)

// awaitCounted waits until a process has counted so many requests: the last one is counted
// after its client has received the answer.
func awaitCounted(t *testing.T, n *Node, want int) {
	t.Helper()
	Eventually(t, func() error {
		got := 0
		for _, m := range requestsTotal.FindAllStringSubmatch(n.admin(t, "/metrics"), -1) {
			count, err := strconv.Atoi(m[1])
			if err != nil {
				return err
			}
			got += count
		}
		if got != want {
			return fmt.Errorf("%d requests counted, want %d", got, want)
		}
		return nil
	})
}

// The operations return the history minute by minute, as the official SDK parses it, and
// the console draws it. The history survives the end of the process, a takeover, in which
// two processes write one minute, and a process that is killed.
func TestHistory(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	b.Serve(func(w http.ResponseWriter, r *http.Request) {
		if status, err := strconv.Atoi(r.URL.Path[1:]); err == nil { // otherwise it is a request of awaitServing
			w.WriteHeader(status)
		}
		fmt.Fprintf(w, "%01000d", 0)
	})
	f := NewSite(t, n, b).Listen(t, nil)
	ask := func(statuses ...int) {
		t.Helper()
		client := f.Client(t, "")
		for _, status := range statuses {
			if a := f.Get(t, client, "/"+strconv.Itoa(status)); a.Status != status {
				t.Fatalf("got %d, want %d", a.Status, status)
			}
		}
		client.CloseIdleConnections()
	}
	ask(200, 200, 404)
	awaitCounted(t, n, 3)
	n.Stop(t)
	n = n.Again(t)
	f.awaitServing(t)
	ask(200, 500)
	awaitCounted(t, n, 3)
	n = n.TakeOver(t)
	ask(200, 200, 200)
	awaitCounted(t, n, 3)

	var sum monitored
	<-time.After(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute))) // the operations return minutes that have ended
	Eventually(t, func() (err error) {
		if sum, err = f.monitored(); err == nil && sum.requests < 9 {
			err = fmt.Errorf("%+v", sum)
		}
		return err
	})
	want := monitored{requests: 9, ok: 7, missing: 1, failed: 1, ofListener: 9, accepted: sum.accepted, out: sum.out, valid: 1}
	if sum != want || sum.accepted < 3 || sum.out < 9000 || sum.out > 18000 {
		t.Errorf("got %+v, want %+v with at least 3 connections and a little more than 9000 bytes", sum, want)
	}
	n.Kill()
	n = n.Again(t)
	if again, err := f.monitored(); err != nil || again != sum {
		t.Errorf("after the process was killed: %+v and %v, want %+v", again, err, sum)
	}

	v := newVisitor(t, n)
	v.signIn("", n.AccessKeyID, n.Secret)
	for span, minutes := range map[string]float64{"6h": 1, "7d": 15} {
		for _, lb := range []string{f.LoadBalancerID, ""} {
			if got := drawn(t, v, lb, span) * minutes * 60; got < 8.9 || got > 9.1 {
				t.Errorf("the chart of %s of %q has %v requests, want 9", span, lb, got)
			}
		}
	}
	if got := drawn(t, v, "../2026-11-25/"+f.LoadBalancerID, "6h"); got != 0 {
		t.Errorf("a path as a load balancer has %v requests a second", got)
	}
}

// drawn returns the sum of all points of a chart of requests.
func drawn(t *testing.T, v *visitor, lb, span string) (sum float64) {
	t.Helper()
	status, _, text := v.get("series?span=" + span + "&lb=" + lb)
	var points []struct {
		C []float64 `json:"c"`
	}
	if err := json.Unmarshal([]byte(text), &points); err != nil || status != http.StatusOK {
		t.Fatalf("%s of %q: %d, %v in %s", span, lb, status, err, text)
	}
	for _, p := range points {
		for _, rate := range p.C {
			sum += rate
		}
	}
	return sum
}

// Each error of the time range names its cause.
func TestHistoryTimeRange(t *testing.T) {
	t.Parallel()
	w := newSmallWorld(t)
	for _, tt := range []struct{ op, start, end, want string }{
		{"DescribeServerLoadBalancerMonitor", "2026-11-25 15:00:00", "2026-11-25 15:00:00", "InvalidParameter.EndTime"},
		{"DescribeServerLoadBalancerMonitor", "2026-11-25 15:00:00", "2026-11-25T14:59:59Z", "InvalidParameter.EndTime"},
		{"DescribeServerLoadBalancerMonitor", "2026-11-25 15:00:00", "2026-11-26T15:00:00Z", ""},
		{"DescribeServerLoadBalancerMonitor", "2026-11-25 15:00:00", "2026-11-26T15:00:01Z", "InvalidParameter.EndTime"},
		{"DescribeServerLoadBalancerListenMonitor", "2026-11-25 15:00:00", "2026-11-26T15:00:01Z", "InvalidParameter.EndTime"},
		{"DescribeLoadBalancerListenMonitor", "2026-11-25 15:00:00", "2026-12-02 15:00:00", ""},
		{"DescribeLoadBalancerListenMonitor", "2026-11-25 15:00:00", "2026-12-02 15:00:01", "InvalidParameter.EndTime"},
		{"DescribeLoadBalancerListenMonitor", "yesterday", "2026-12-02 15:00:01", "InvalidStartTime"},
		{"DescribeLoadBalancerListenMonitor", "2026-11-25 15:00:00", "25 Nov 2026", "InvalidEndTime"},
		{"DescribeLoadBalancerListenMonitor", "", "2026-12-02 15:00:00", "MissingStartTime"},
		{"DescribeServerLoadBalancerMonitor", "1970-01-01 00:00:00", "1970-01-01 01:00:00", ""},
		{"DescribeServerLoadBalancerMonitor", "9999-12-31 00:00:00", "9999-12-31 01:00:00", ""},
	} {
		params := w.valid(t, tt.op)
		params["StartTime"], params["EndTime"] = tt.start, tt.end
		_, err := patient(t, w.Client, operation(t, tt.op), params)
		got := ""
		if refusal, ok := errors.AsType[*rpc.Error](err); ok {
			got = refusal.Code
		} else if err != nil {
			t.Fatal(err)
		}
		if got != tt.want {
			t.Errorf("%s from %s to %s: got %q, want %q", tt.op, tt.start, tt.end, got, tt.want)
		}
	}
}

// Without a history the operations report that there is none, and the console does not
// offer it.
func TestHistoryOff(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Args: []string{"-history-size", "0"}})
	f := NewSite(t, n).Listen(t, nil)
	if sum, err := f.monitored(); err != nil || sum != (monitored{}) {
		t.Errorf("got %+v and %v", sum, err)
	}
	v := newVisitor(t, n)
	v.signIn("", n.AccessKeyID, n.Secret)
	if status, _, _ := v.get("series?span=6h"); status != http.StatusNotFound {
		t.Errorf("the chart of 6 hours: %d", status)
	}
	n.Stop(t)
	if _, err := os.Stat(filepath.Join(n.Data(), "history")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a history: %v", err)
	}
}

package elbtest

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"testing"
)

// The alerts and the dashboard query only metrics that a node has.
func TestMonitoringNamesMetrics(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{Args: []string{"-access-log", filepath.Join(t.TempDir(), "access.log")}})
	front := NewSite(t, n, NewBackend(t, "a")).Listen(t, nil)
	front.Get(t, front.Client(t, ""), "/")
	res, err := http.Get("http://" + n.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	// Sample names, not families: queries name a histogram's _bucket.
	exists := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^([a-z]\w*)`).FindAllStringSubmatch(string(text), -1) {
		exists[m[1]] = true
	}

	dashboard := document(t, filepath.Join("packaging", "grafana", "elbow.json"))
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is no JSON")
	}
	named := regexp.MustCompile(`\b(elbow|process|go)_[a-z0-9_]+`)
	for what, text := range map[string]string{
		"the alerts":    document(t, filepath.Join("packaging", "prometheus", "elbow-alerts.yaml")),
		"the dashboard": dashboard,
	} {
		names := named.FindAllString(text, -1)
		if len(names) < 10 {
			t.Errorf("%s name %d metrics only", what, len(names))
		}
		for _, name := range names {
			if !exists[name] && !exists[name+"_count"] { // texts name a histogram without a suffix
				t.Errorf("%s name %s, which a node does not have", what, name)
			}
		}
	}
}

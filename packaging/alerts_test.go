package packaging

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// An alertRules holds the parts of a file of rules that the tests check.
type alertRules struct {
	Groups []struct {
		Rules []struct {
			Alert, Expr string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

// An alertTests holds the parts of a file of promtool tests.
type alertTests struct {
	RuleFiles []string `yaml:"rule_files"`
	Tests     []struct {
		InputSeries []struct{ Series string } `yaml:"input_series"`
		Alerts      []struct {
			Name string `yaml:"alertname"`
			Want []any  `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// faultsOfAlerts lists faults that promtool accepts: a test of an alert that does not
// exist never fails, and a duplicate rule alerts twice.
func faultsOfAlerts(rules alertRules, tests alertTests) (faults []string) {
	exists, fired := make(map[string]bool), make(map[string]bool)
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if exists[r.Alert] {
				faults = append(faults, r.Alert+" is there twice")
			}
			exists[r.Alert] = true
			if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
				faults = append(faults, r.Alert+" has no summary, description or severity")
			}
		}
	}
	for _, one := range tests.Tests {
		for _, a := range one.Alerts {
			if !exists[a.Name] {
				faults = append(faults, fmt.Sprintf("a test names the alert %q, which does not exist", a.Name))
			}
			fired[a.Name] = fired[a.Name] || len(a.Want) > 0
		}
	}
	for name := range exists {
		if !fired[name] {
			faults = append(faults, name+" fires in no test")
		}
	}
	slices.Sort(faults)
	return faults
}

const (
	alertsFile     = "packaging/prometheus/elbow-alerts.yaml"
	alertTestsFile = "packaging/prometheus/elbow-alerts_test.yaml"
)

func TestAlertsAndTheirTestsAgree(t *testing.T) {
	rules, tests := decode[alertRules](t, read(t, alertsFile)), decode[alertTests](t, read(t, alertTestsFile))
	for _, fault := range faultsOfAlerts(rules, tests) {
		t.Error(fault)
	}
	if len(tests.RuleFiles) != 1 || !strings.HasSuffix(alertsFile, "/"+tests.RuleFiles[0]) {
		t.Errorf("the tests are of %v", tests.RuleFiles)
	}
	// A series that no rule queries tests nothing.
	var exprs strings.Builder
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			exprs.WriteString(r.Expr + "\n")
		}
	}
	for _, one := range tests.Tests {
		for _, s := range one.InputSeries {
			name, _, _ := strings.Cut(s.Series, "{")
			if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(exprs.String()) {
				t.Errorf("the series %s is in no rule", s.Series)
			}
		}
	}
}

// faultsOfAlerts finds each kind of fault.
func TestFaultsOfAlertsAreFound(t *testing.T) {
	for _, tt := range []struct{ what, in, from, to, want string }{
		{"an alert that is misspelt in its test", "tests", "alertname: ElbowOverload", "alertname: ElbowOverlaod", `a test names the alert "ElbowOverlaod", which does not exist`},
		{"a rule twice", "rules", "alert: ElbowOverload", "alert: ElbowSlow", "ElbowSlow is there twice"},
		{"an alert that no test lets fire", "rules", "alert: ElbowOverload", "alert: ElbowOther", "ElbowOther fires in no test"},
		{"no severity", "rules", "{severity: critical}", "{severity: ''}", "has no summary, description or severity"},
	} {
		rules, tests := read(t, alertsFile), read(t, alertTestsFile)
		if tt.in == "rules" {
			rules = strings.Replace(rules, tt.from, tt.to, 1)
		} else {
			tests = strings.Replace(tests, tt.from, tt.to, 1)
		}
		found := strings.Join(faultsOfAlerts(decode[alertRules](t, rules), decode[alertTests](t, tests)), "\n")
		if !strings.Contains(found, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, found, tt.want)
		}
	}
}

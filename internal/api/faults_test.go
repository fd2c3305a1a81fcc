package api

import (
	"maps"
	"strings"
	"testing"
)

// Every refused row is listed, with conditions that hold taken into account, and
// a rule between fields only after all rows are valid.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		set  map[string]string
		want string
	}{
		{nil, ""},
		{
			map[string]string{"ListenerPort": "70000", "HealthCheck": "", "IdleTimeout": "61", "Scheduler": "best"},
			"ListenerPort must be from 1 to 65535; Scheduler must be wrr, wlc, rr, sch, qch or iqch; IdleTimeout must be from 1 to 60; HealthCheck is missing",
		},
		{map[string]string{"StickySessionType": "insert", "ListenerForward": "on"}, "ForwardPort is missing; CookieTimeout is missing"},
		{map[string]string{"ListenerForward": "on", "ForwardPort": "443"}, "ForwardPort must not be the ListenerPort while ListenerForward is on"},
		{map[string]string{"ListenerForward": "on", "ForwardPort": "443", "IdleTimeout": "x"}, "IdleTimeout is not a whole number"},
	} {
		values := maps.Clone(validListener)
		maps.Copy(values, tt.set)
		var got []string
		for _, f := range Faults(new(CreateLoadBalancerHTTPSListenerInput), values) {
			got = append(got, f.Name+" "+f.Text)
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%v: got %q, want %q", tt.set, strings.Join(got, "; "), tt.want)
		}
	}
}

// Bind accepts values exactly if Faults finds nothing wrong, for every operation
// at every boundary of every parameter.
func TestFaultsAgreesWithBind(t *testing.T) {
	for _, op := range Operations() {
		for _, c := range Cases(op, op.Sample()) {
			err := Bind(op.New(), c.Values)
			faults := Faults(op.New(), c.Values)
			if (err != nil) != (len(faults) > 0) && !numbered(c.Values) {
				t.Errorf("%s %s, %s: Bind says %v and Faults %v", op.Name, c.Param, c.What, err, faults)
			}
			for _, f := range faults {
				if f.Text == "" || strings.HasPrefix(f.Text, f.Name+" ") {
					t.Errorf("%s %s, %s: %+v does not read as a sentence after the name", op.Name, c.Param, c.What, f)
				}
			}
		}
	}
}

// numbered reports whether a list is among the values, which no form has.
func numbered(values map[string]string) bool {
	for name := range values {
		if strings.Contains(name, ".") {
			return true
		}
	}
	return false
}

package elbtest

import (
	"strconv"
	"testing"
	"time"

	"elbow/internal/exchange"
)

// The data plane, which does not know the API, has the same default timeouts as the table
// of operations.
func TestDefaultsAgree(t *testing.T) {
	defaults := make(map[string]string)
	for _, r := range operation(t, "CreateLoadBalancerHTTPSListener").New().Params() {
		defaults[r.Name] = r.Default
	}
	for name, of := range map[string]time.Duration{"IdleTimeout": exchange.DefaultIdleTimeout, "RequestTimeout": exchange.DefaultRequestTimeout} {
		if want := strconv.Itoa(int(of / time.Second)); defaults[name] != want {
			t.Errorf("%s: the table says %q, the data plane %q", name, defaults[name], want)
		}
	}
}

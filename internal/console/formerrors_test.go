package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// All errors are reported at once: in a list that links to the fields, and beside each
// field, with the labels of the form. The first field with an error has the focus.
func TestAllErrorsAtOnce(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	s.with(func() {
		s.answers["CreateLoadBalancerHTTPSListener"] = &rpc.Error{Status: 400, Code: "InvalidListenerPort", Message: "The specified parameter ListenerPort is invalid.", Recommend: "ListenerPort must be from 1 to 65535"}
	})
	got := b.post("load-balancers/lb-1/listeners/https",
		"ListenerPort", "70000", "IdleTimeout", "61", "HealthCheck", "on", "HealthCheckMethod", "put", "ListenerForward", "on", "StickySessionType", "insert", "ServerCertificateId", "1")
	got.want(t, http.StatusBadRequest, "<strong>5 fields have to be corrected.</strong> Nothing was changed.")
	for _, want := range []struct{ field, text string }{
		{"ListenerPort", "Listener port must be from 1 to 65535."},
		{"IdleTimeout", "Idle timeout must be from 1 to 60."},
		{"ForwardPort", "Forward port is missing."},
		{"CookieTimeout", "Cookie timeout is missing."},
		{"HealthCheckMethod", "Health check method must be head or get."},
	} {
		if !strings.Contains(got.text, `<a href="#f-`+want.field+`">`+want.text+`</a>`) || !strings.Contains(got.text, `<p class="error" id="e-`+want.field+`">`+want.text+`</p>`) {
			t.Errorf("%s: no %q above and beside the field", want.field, want.text)
		}
		if !strings.Contains(got.text, `id="f-`+want.field+`"`) {
			t.Errorf("no field f-%s for the line to lead to", want.field)
		}
	}
	if n := strings.Count(got.text, "autofocus"); n != 1 || !regexp.MustCompile(`<input id="f-ListenerPort"[^>]* autofocus`).MatchString(got.text) {
		t.Errorf("%d fields have the focus, want the first wrong one", n)
	}
	if strings.Contains(got.text, "ListenerPort must") || strings.Contains(got.text, "specified parameter") {
		t.Error("the words are those of the API")
	}
}

// An error of a field that the form does not show is shown above the form.
func TestErrorOfNoVisibleField(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	for _, code := range []string{"InvalidClientToken", "InvalidBillingCycle", "NoPermission"} {
		s.with(func() {
			s.answers["CreateLoadBalancer"] = &rpc.Error{Status: 400, Code: code, Message: "Not so.", Recommend: "It must be otherwise"}
		})
		got := b.post("load-balancers", "EnsRegionId", "local", "ClientToken", "t")
		if !strings.Contains(got.text, "Not so.") && !strings.Contains(got.text, "You may not do this") {
			t.Errorf("%s: the form does not say it: %s", code, got.text)
		}
	}
}

func TestInLabels(t *testing.T) {
	rows := operation("CreateLoadBalancerHTTPSListener").New().Params()
	for text, want := range map[string]string{
		"ForwardPort must not be the ListenerPort while ListenerForward is on": "Forward port must not be the “Listener port” while “Redirect” is on.",
		"Cookie is missing":                  "Name of the cookie is missing.",
		"Description must not be a Cookie":   "Description must not be a Cookie.",
		"A JavaScript is no ListenerForward": "A JavaScript is no “Redirect”.",
	} {
		about, _, _ := strings.Cut(text, " ")
		if got := inLabels(text, about, rows); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// When adding a backend fails, the form keeps the values, with the errors beside their
// fields.
func TestAddBackendKeepsTheForm(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	s.with(func() {
		s.answers["AddBackendServers"] = &rpc.Error{Status: 400, Code: "InvalidPort", Message: "The specified parameter BackendServers.1.Port is invalid.", Recommend: "BackendServers.1.Port must be from 0 to 65535"}
	})
	got := b.post("load-balancers/lb-1/backends", "ServerId", "i-typed", "Ip", "10.0.0", "Port", "70000")
	got.want(t, http.StatusBadRequest, `value="i-typed"`, `value="10.0.0"`, `value="70000"`,
		`<a href="#f-Ip">IP address must be an IPv4 or IPv6 address.</a>`, `<a href="#f-Port">Port must be from 0 to 65535.</a>`)
	s.with(func() {
		s.answers["AddBackendServers"] = &rpc.Error{Status: 400, Code: "MissingIp", Message: "The input parameter BackendServers.1.Ip is not supplied."}
	})
	b.post("load-balancers/lb-1/backends", "ServerId", "i-typed").want(t, http.StatusBadRequest, `value="i-typed"`, `<a href="#f-Ip">`)
	s.with(func() { s.answers["AddBackendServers"] = api.AddBackendServersOutput{} })
	b.post("load-balancers/lb-1/backends", "ServerId", "i-typed", "Ip", "10.0.0.1", "Port", "80", "Weight", "").want(t, http.StatusSeeOther)
	if !s.called(`AddBackendServers BackendServers=[{"Ip":"10.0.0.1","Port":"80","ServerId":"i-typed"}] LoadBalancerId=lb-1`) {
		t.Errorf("calls: %q", s.calls)
	}
}

// Errors of a name and of a user's password are shown beside their fields.
func TestSmallFormsKeepTheirValues(t *testing.T) {
	s := newSite(t)
	withBalancer(s)
	b := s.signIn(t, "root-key")
	s.with(func() {
		s.answers["ModifyLoadBalancerAttribute"] = &rpc.Error{Status: 400, Code: "InvalidLoadBalancerName", Message: "The specified parameter LoadBalancerName is invalid.", Recommend: "LoadBalancerName must be 2 to 128 characters long, not 1"}
		s.answers["GetLoginProfile"] = &rpc.Error{Status: 404, Code: string(api.ErrLoginProfileNotExist)}
		s.answers["CreateLoginProfile"] = &rpc.Error{Status: 400, Code: "InvalidParameter.Password", Message: "The password is too weak."}
	})
	b.post("load-balancers/lb-1/name", "LoadBalancerName", "x").want(t, http.StatusBadRequest, `value="x"`, `<a href="#f-LoadBalancerName">Name must be 2 to 128 characters long, not 1.</a>`)
	b.post("users/alice/login", "password", "short", "reset", "1").want(t, http.StatusBadRequest, `id="e-password">`, "The password is too weak.", "autofocus")
}

// Errors of changing one's own password are shown beside their fields.
func TestPasswordErrorsBesideTheirFields(t *testing.T) {
	s := newSite(t)
	b := s.signIn(t, "alice")
	b.post("password", "old", "alices-password", "new", "one-new-password", "again", "another-password").want(t, http.StatusBadRequest, `id="e-again">The two new passwords differ.`)
	for code, field := range map[string]string{"InvalidParameter.OldPassword": "old", "InvalidNewPassword": "new"} {
		s.with(func() {
			s.answers["ChangePassword"] = &rpc.Error{Status: 400, Code: code, Message: "Not so.", Recommend: strings.TrimPrefix(strings.TrimPrefix(code, "InvalidParameter."), "Invalid") + " must be otherwise"}
		})
		got := b.post("password", "old", "alices-password", "new", "same-password-1", "again", "same-password-1")
		got.want(t, http.StatusBadRequest, `id="e-`+field+`">`, "password must be otherwise.")
		if n := strings.Count(got.text, "autofocus"); n != 1 {
			t.Errorf("%s: %d fields have the focus", code, n)
		}
	}
}

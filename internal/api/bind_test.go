package api

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"elbow/internal/elb"
)

// validListener is the shortest valid call that creates an HTTPS listener.
var validListener = map[string]string{
	"LoadBalancerId": "lb-1", "ListenerPort": "443", "HealthCheck": "off", "ServerCertificateId": "60276",
}

// The rows of the specification's page, each at the values that the page names,
// in the order of the page.
func TestBindHTTPSListener(t *testing.T) {
	for _, tt := range []struct {
		set  map[string]string
		del  string
		want string // error code, "" for success
	}{
		{},

		{del: "LoadBalancerId", want: "MissingLoadBalancerId"},
		{set: map[string]string{"LoadBalancerId": "a b"}, want: "InvalidLoadBalancerId"},
		{set: map[string]string{"LoadBalancerId": "lb-1/listeners"}, want: "InvalidLoadBalancerId"},

		{del: "ListenerPort", want: "MissingListenerPort"},
		{set: map[string]string{"ListenerPort": ""}, want: "MissingListenerPort"},
		{set: map[string]string{"ListenerPort": "0"}, want: "InvalidListenerPort"},
		{set: map[string]string{"ListenerPort": "1"}},
		{set: map[string]string{"ListenerPort": "65535"}},
		{set: map[string]string{"ListenerPort": "65536"}, want: "InvalidListenerPort"},
		{set: map[string]string{"ListenerPort": "-1"}, want: "InvalidListenerPort"},
		{set: map[string]string{"ListenerPort": " 443"}, want: "InvalidListenerPort"},
		{set: map[string]string{"ListenerPort": "0x1bb"}, want: "InvalidListenerPort"},
		{set: map[string]string{"ListenerPort": "4_43"}, want: "InvalidListenerPort"},

		{set: map[string]string{"ListenerForward": "off"}},
		{set: map[string]string{"ListenerForward": "On"}, want: "InvalidListenerForward"},
		{set: map[string]string{"ListenerForward": "on"}, want: "MissingForwardPort"},
		{set: map[string]string{"ListenerForward": "on", "ForwardPort": "80"}},
		{set: map[string]string{"ListenerForward": "on", "ForwardPort": "443"}, want: "InvalidParameter.ForwardPort"},
		{set: map[string]string{"ListenerForward": "on", "ForwardPort": "0"}, want: "InvalidParameter.ForwardPort"},
		{set: map[string]string{"ListenerForward": "off", "ForwardPort": "0"}},
		{set: map[string]string{"ListenerForward": "off", "ForwardPort": "443"}},
		{set: map[string]string{"ForwardPort": "65535"}},
		{set: map[string]string{"ForwardPort": "65536"}, want: "InvalidForwardPort"},

		{set: map[string]string{"Description": "x"}},
		{set: map[string]string{"Description": strings.Repeat("界", 80)}},
		{set: map[string]string{"Description": strings.Repeat("界", 81)}, want: "InvalidDescription"},
		{set: map[string]string{"Description": "http://example.com"}, want: "InvalidDescription"},
		{set: map[string]string{"Description": "https://"}, want: "InvalidDescription"},
		{set: map[string]string{"Description": "HTTPS://example.com"}, want: "InvalidDescription"},
		{set: map[string]string{"Description": "see http://example.com"}},
		{set: map[string]string{"Description": "httpd"}},

		{set: map[string]string{"Scheduler": "wrr"}},
		{set: map[string]string{"Scheduler": "wlc"}},
		{set: map[string]string{"Scheduler": "rr"}},
		{set: map[string]string{"Scheduler": "sch"}},
		{set: map[string]string{"Scheduler": "qch"}},
		{set: map[string]string{"Scheduler": "iqch"}},
		{set: map[string]string{"Scheduler": "WRR"}, want: "InvalidScheduler"},

		{set: map[string]string{"StickySession": "off"}},
		{set: map[string]string{"StickySession": "yes"}, want: "InvalidStickySession"},
		{set: map[string]string{"StickySession": "on"}, want: "MissingStickySessionType"},
		{set: map[string]string{"StickySessionType": "rewrite"}, want: "InvalidStickySessionType"},
		{set: map[string]string{"StickySessionType": "insert"}, want: "MissingCookieTimeout"},
		{set: map[string]string{"StickySessionType": "insert", "CookieTimeout": "1"}},
		{set: map[string]string{"StickySessionType": "insert", "CookieTimeout": "86400"}},
		{set: map[string]string{"StickySessionType": "insert", "CookieTimeout": "0"}, want: "InvalidCookieTimeout"},
		{set: map[string]string{"StickySessionType": "insert", "CookieTimeout": "86401"}, want: "InvalidCookieTimeout"},
		{set: map[string]string{"StickySession": "on", "StickySessionType": "insert"}, want: "MissingCookieTimeout"},
		{set: map[string]string{"StickySession": "off", "StickySessionType": "insert"}},
		{set: map[string]string{"StickySessionType": "server"}, want: "MissingCookie"},
		{set: map[string]string{"StickySession": "on", "StickySessionType": "server"}, want: "MissingCookie"},
		{set: map[string]string{"StickySession": "off", "StickySessionType": "server"}},
		{set: map[string]string{"StickySessionType": "server", "Cookie": "JSESSIONID"}},
		{set: map[string]string{"StickySessionType": "server", "Cookie": strings.Repeat("c", 200)}},
		{set: map[string]string{"StickySessionType": "server", "Cookie": strings.Repeat("c", 201)}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "$Version"}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "a$b"}},
		{set: map[string]string{"Cookie": "a b"}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "a;b"}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "a=b"}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "a,b"}, want: "InvalidCookie"},
		{set: map[string]string{"Cookie": "plätzchen"}, want: "InvalidCookie"},

		{set: map[string]string{"StickySessionSameSite": "absent"}},
		{set: map[string]string{"StickySessionSameSite": "none"}},
		{set: map[string]string{"StickySessionSameSite": "lax"}},
		{set: map[string]string{"StickySessionSameSite": "strict"}},
		{set: map[string]string{"StickySessionSameSite": "None"}, want: "InvalidStickySessionSameSite"},
		{set: map[string]string{"StickySessionSameSite": "lax; Domain=test"}, want: "InvalidStickySessionSameSite"},

		{set: map[string]string{"BackendServerProtocol": "auto"}},
		{set: map[string]string{"BackendServerProtocol": "http1"}},
		{set: map[string]string{"BackendServerProtocol": "h2c"}},
		{set: map[string]string{"BackendServerProtocol": "h2"}, want: "InvalidBackendServerProtocol"},

		{del: "HealthCheck", want: "MissingHealthCheck"},
		{set: map[string]string{"HealthCheck": "on"}},
		{set: map[string]string{"HealthCheck": "true"}, want: "InvalidHealthCheck"},

		{set: map[string]string{"HealthCheckDomain": "example.com"}},
		{set: map[string]string{"HealthCheckDomain": "[::1]:8080"}},
		{set: map[string]string{"HealthCheckDomain": "example.com\r\nX: y"}, want: "InvalidHealthCheckDomain"},
		{set: map[string]string{"HealthCheckDomain": "$_ip"}},
		{set: map[string]string{"HealthCheckDomain": "$_IP"}, want: "InvalidHealthCheckDomain"},

		{set: map[string]string{"HealthCheckURI": "/checkpreload.htm"}},
		{set: map[string]string{"HealthCheckURI": "/a?b=c&d"}},
		{set: map[string]string{"HealthCheckURI": "//a"}},
		{set: map[string]string{"HealthCheckURI": "/"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "///"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "status"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "/a b"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "/a\r\nHost: b"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "/a#b"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "/é"}, want: "InvalidHealthCheckURI"},
		{set: map[string]string{"HealthCheckURI": "/" + strings.Repeat("u", 79)}},
		{set: map[string]string{"HealthCheckURI": "/" + strings.Repeat("u", 80)}, want: "InvalidHealthCheckURI"},

		{set: map[string]string{"HealthyThreshold": "1"}, want: "InvalidHealthyThreshold"},
		{set: map[string]string{"HealthyThreshold": "2"}},
		{set: map[string]string{"HealthyThreshold": "10"}},
		{set: map[string]string{"HealthyThreshold": "11"}, want: "InvalidHealthyThreshold"},
		{set: map[string]string{"UnhealthyThreshold": "1"}, want: "InvalidUnhealthyThreshold"},
		{set: map[string]string{"UnhealthyThreshold": "2"}},
		{set: map[string]string{"UnhealthyThreshold": "10"}},
		{set: map[string]string{"UnhealthyThreshold": "11"}, want: "InvalidUnhealthyThreshold"},

		{set: map[string]string{"HealthCheckTimeout": "0"}, want: "InvalidHealthCheckTimeout"},
		{set: map[string]string{"HealthCheckTimeout": "1"}},
		{set: map[string]string{"HealthCheckTimeout": "300"}},
		{set: map[string]string{"HealthCheckTimeout": "301"}, want: "InvalidHealthCheckTimeout"},
		{set: map[string]string{"HealthCheckTimeout": "1", "HealthCheckInterval": "50"}},
		{set: map[string]string{"HealthCheckConnectPort": "0"}, want: "InvalidHealthCheckConnectPort"},
		{set: map[string]string{"HealthCheckConnectPort": "1"}},
		{set: map[string]string{"HealthCheckConnectPort": "65535"}},
		{set: map[string]string{"HealthCheckConnectPort": "65536"}, want: "InvalidHealthCheckConnectPort"},
		{set: map[string]string{"HealthCheckInterval": "0"}, want: "InvalidHealthCheckInterval"},
		{set: map[string]string{"HealthCheckInterval": "1"}},
		{set: map[string]string{"HealthCheckInterval": "50"}},
		{set: map[string]string{"HealthCheckInterval": "51"}, want: "InvalidHealthCheckInterval"},

		{set: map[string]string{"HealthCheckHttpCode": "http_2xx"}},
		{set: map[string]string{"HealthCheckHttpCode": "http_5xx"}},
		{set: map[string]string{"HealthCheckHttpCode": "http_2xx,http_3xx"}},
		{set: map[string]string{"HealthCheckHttpCode": "http_1xx"}, want: "InvalidHealthCheckHttpCode"},
		{set: map[string]string{"HealthCheckHttpCode": "200"}, want: "InvalidHealthCheckHttpCode"},
		{set: map[string]string{"HealthCheckHttpCode": "http_2xx,"}, want: "InvalidHealthCheckHttpCode"},

		{set: map[string]string{"IdleTimeout": "0"}, want: "InvalidIdleTimeout"},
		{set: map[string]string{"IdleTimeout": "1"}},
		{set: map[string]string{"IdleTimeout": "60"}},
		{set: map[string]string{"IdleTimeout": "61"}, want: "InvalidIdleTimeout"},
		{set: map[string]string{"RequestTimeout": "0"}, want: "InvalidRequestTimeout"},
		{set: map[string]string{"RequestTimeout": "1"}},
		{set: map[string]string{"RequestTimeout": "180"}},
		{set: map[string]string{"RequestTimeout": "181"}, want: "InvalidRequestTimeout"},

		{del: "ServerCertificateId", want: "MissingServerCertificateId"},
		{set: map[string]string{"HealthCheckMethod": "get"}},
		{set: map[string]string{"HealthCheckMethod": "GET"}, want: "InvalidHealthCheckMethod"},
		{set: map[string]string{"BackendServerPort": "0"}, want: "InvalidBackendServerPort"},
		{set: map[string]string{"BackendServerPort": "1"}},
		{set: map[string]string{"BackendServerPort": "65535"}},
		{set: map[string]string{"BackendServerPort": "65536"}, want: "InvalidBackendServerPort"},

		{set: map[string]string{"RegionId": "cn-hangzhou", "Protocol": "https"}}, // SDKs add parameters
	} {
		values := maps.Clone(validListener)
		maps.Copy(values, tt.set)
		delete(values, tt.del)
		err := Bind(new(CreateLoadBalancerHTTPSListenerInput), values)
		if got := code(err); got != tt.want {
			t.Errorf("set %q, without %q: got code %q, want %q", tt.set, tt.del, got, tt.want)
		}
	}
}

func TestBindHTTPSListenerDefaults(t *testing.T) {
	in := bindListener(t, nil)
	want := elb.Listener{
		LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Scheduler: elb.WRR, CertificateID: "60276", BackendProtocol: elb.BackendAuto,
		Sticky:      elb.Sticky{SameSite: elb.SameSiteAbsent},
		IdleTimeout: 15 * time.Second, RequestTimeout: 60 * time.Second,
		Check: elb.HealthCheck{
			Method: "head", HTTPCodes: []string{"http_2xx"}, Rise: 3, Fall: 3,
			Interval: 2 * time.Second, Timeout: 5 * time.Second,
		},
	}
	equal(t, in.Listener, want)
}

func TestBindStickySession(t *testing.T) {
	for _, tt := range []struct {
		set  map[string]string
		want elb.Sticky
	}{
		{nil, elb.Sticky{SameSite: elb.SameSiteAbsent}},
		{
			map[string]string{"StickySessionType": "insert", "CookieTimeout": "100"},
			elb.Sticky{On: true, Type: "insert", CookieTimeout: 100 * time.Second, SameSite: elb.SameSiteAbsent},
		},
		{
			map[string]string{"StickySession": "on", "StickySessionType": "server", "Cookie": "sid"},
			elb.Sticky{On: true, Type: "server", Cookie: "sid", SameSite: elb.SameSiteAbsent},
		},
		// Values without effect are stored all the same.
		{
			map[string]string{"StickySession": "off", "StickySessionType": "insert", "Cookie": "sid"},
			elb.Sticky{Type: "insert", Cookie: "sid", SameSite: elb.SameSiteAbsent},
		},
		{map[string]string{"CookieTimeout": "100"}, elb.Sticky{CookieTimeout: 100 * time.Second, SameSite: elb.SameSiteAbsent}},
		{map[string]string{"StickySessionSameSite": "none"}, elb.Sticky{SameSite: elb.SameSiteNone}},
	} {
		equal(t, bindListener(t, tt.set).Listener.Sticky, tt.want)
	}
}

// A parameter whose condition does not hold is checked and stored (decisions,
// CreateLoadBalancerHTTPSListener 4).
func TestBindStoresWhatHasNoEffect(t *testing.T) {
	check := bindListener(t, map[string]string{"HealthCheck": "off", "HealthCheckURI": "/up", "HealthyThreshold": "7"}).Listener.Check
	if check.On || check.URI != "/up" || check.Rise != 7 {
		t.Errorf("got %+v, want it off with URI /up and rise 7", check)
	}
}

// The message is that of the specification; the reason says what is wrong.
func TestBindErrorTexts(t *testing.T) {
	for _, tt := range []struct {
		set             map[string]string
		message, reason string
	}{
		{
			map[string]string{"ListenerPort": "70000"},
			"The specified parameter ListenerPort is invalid.", "ListenerPort must be from 1 to 65535",
		},
		{
			map[string]string{"Scheduler": "fifo"},
			"The specified parameter Scheduler is invalid.", "Scheduler must be wrr, wlc, rr, sch, qch or iqch",
		},
		{
			map[string]string{"HealthCheck": ""},
			"You must specify the parameter HealthCheck.", "",
		},
		{
			map[string]string{"ListenerForward": "on", "ForwardPort": "443"},
			"The specified field ForwardPort invalid. Please check it again.",
			"ForwardPort must not be the ListenerPort while ListenerForward is on",
		},
	} {
		values := maps.Clone(validListener)
		maps.Copy(values, tt.set)
		e, ok := errors.AsType[*Error](Bind(new(CreateLoadBalancerHTTPSListenerInput), values))
		if !ok || e.Message != tt.message || e.Reason != tt.reason {
			t.Errorf("%v: got %v, want message %q, reason %q", tt.set, e, tt.message, tt.reason)
		}
	}
}

// bindListener makes a listener of validListener with what set says.
func bindListener(t *testing.T, set map[string]string) *CreateLoadBalancerHTTPSListenerInput {
	t.Helper()
	values := maps.Clone(validListener)
	maps.Copy(values, set)
	in := new(CreateLoadBalancerHTTPSListenerInput)
	if err := Bind(in, values); err != nil {
		t.Fatalf("%v: %v", set, err)
	}
	return in
}

package store

import (
	"testing"
	"time"

	"elbow/internal/elb"

	"github.com/google/go-cmp/cmp"
)

// A listener that was stored before there were protocols other than HTTPS is read
// as it was, and written again in the same form.
func TestListenerOfTheOldForm(t *testing.T) {
	const old = `{"v":1,"d":{"LoadBalancerID":"lb-1","Port":443,"Protocol":"https","Description":"web","BackendPort":8080,` +
		`"BackendProtocol":"","Forward":true,"ForwardPort":80,"Scheduler":"wrr","Seed":null,` +
		`"Sticky":{"On":false,"Type":"","CookieTimeout":0,"Cookie":"","SameSite":""},` +
		`"Check":{"On":true,"Domain":"","URI":"/up","Method":"head","HTTPCodes":["http_2xx"],"ConnectPort":0,"Interval":2000000000,"Timeout":5000000000,"Rise":3,"Fall":3},` +
		`"IdleTimeout":15000000000,"RequestTimeout":60000000000,"CertificateID":"7","Started":true,"CreateTime":"2026-03-27T01:02:03Z"}}`
	plain := kind[elb.Listener]{name: "listener"} // the seed is encrypted with another key
	got, err := decode(testSealer(t), plain, "/key", []byte(old))
	want := elb.Listener{
		LoadBalancerID: "lb-1", Port: 443, Protocol: elb.HTTPS, Description: "web", BackendPort: 8080, Forward: true, ForwardPort: 80, Scheduler: "wrr",
		Check:       elb.HealthCheck{On: true, URI: "/up", Method: "head", HTTPCodes: []string{"http_2xx"}, Interval: 2 * time.Second, Timeout: 5 * time.Second, Rise: 3, Fall: 3},
		IdleTimeout: 15 * time.Second, RequestTimeout: time.Minute, CertificateID: "7", Started: true, CreateTime: time.Date(2026, 3, 27, 1, 2, 3, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	again, err := encode(testSealer(t), plain, "/key", got)
	if err != nil || again[:len(old)-1] != old[:len(old)-1] { // followed by the checksum
		t.Errorf("written again: %v\n%s\nwant\n%s", err, again, old)
	}
}

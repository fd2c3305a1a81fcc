package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"elbow/internal/elb"
	"elbow/internal/elbtest"
	"elbow/internal/leak"
	"elbow/internal/store"
)

// certificatesOf returns a desired state with a listener for each certificate, and one
// listener that uses all of them.
func certificatesOf(all ...elb.Certificate) func() store.Desired {
	d := store.Desired{Certificates: make(map[string]elb.Certificate)}
	var ids []string
	for _, c := range all {
		id := fmt.Sprint(c.ID)
		d.Certificates[id] = c
		d.Listeners = append(d.Listeners, elb.Listener{CertificateID: id})
		ids = append(ids, id)
	}
	d.Listeners = append(d.Listeners, elb.Listener{CertificateID: strings.Join(ids, ",")}, elb.Listener{CertificateID: "999"})
	d.Certificates["1000"] = elb.Certificate{ID: 1000} // used by no listener
	return func() store.Desired { return d }
}

// A listener's certificate that expires, or that is not valid yet, is logged once, and is
// reported in metrics and /healthz for as long as it is invalid.
func TestInvalidCertificates(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		desired := certificatesOf(
			elb.Certificate{ID: 1, Name: "good", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(1000 * time.Hour)},
			elb.Certificate{ID: 2, Name: "old", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)},
			elb.Certificate{ID: 3, Name: "early", NotBefore: now.Add(2 * time.Hour), NotAfter: now.Add(1000 * time.Hour)},
		)
		lines, log := elbtest.NewLines()
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			watchInvalid(ctx, desired, log)
		}()
		for _, tt := range []struct {
			after    time.Duration
			expired  int
			early    int
			warnings []string
			log      string // lines since the last step
		}{
			{0, 0, 1, []string{"certificate 3 (early), which a listener has, is not valid before"}, `msg="certificate not valid" certificate=3 name=early reason="not yet valid"`},
			{time.Hour + 2*invalidCheck, 1, 1, []string{"certificate 2 (old), which a listener has, expired at", "certificate 3"}, `msg="certificate not valid" certificate=2 name=old reason=expired`},
			{time.Hour + 2*invalidCheck, 1, 0, []string{"certificate 2"}, ""},
		} {
			time.Sleep(tt.after) // in the time of synctest
			synctest.Wait()
			got := invalidWarnings(invalidAt(desired(), time.Now()))
			if len(got) != len(tt.warnings) {
				t.Errorf("health warns of %q, want %q", got, tt.warnings)
			}
			for i := range min(len(got), len(tt.warnings)) {
				if !strings.HasPrefix(got[i], tt.warnings[i]) {
					t.Errorf("health warns of %q, want %q", got[i], tt.warnings[i])
				}
			}
			want := fmt.Sprintf("# HELP elbow_certificates_invalid Certificates of listeners that are not valid now, by reason.\n# TYPE elbow_certificates_invalid gauge\n"+
				"elbow_certificates_invalid{reason=\"expired\"} %d\nelbow_certificates_invalid{reason=\"not_yet_valid\"} %d\n", tt.expired, tt.early)
			if err := testutil.CollectAndCompare(invalids{desired}, strings.NewReader(want)); err != nil {
				t.Error(err)
			}
			if n := strings.Count(lines.String(), tt.log); tt.log != "" && n != 1 {
				t.Errorf("%q is in the log %d times:\n%s", tt.log, n, lines)
			}
		}
		if n := strings.Count(lines.String(), "certificate not valid"); n != 2 {
			t.Errorf("%d lines, want 2:\n%s", n, lines)
		}
		end()
		<-ended
	})
}

// /healthz names at most maxInvalid certificates.
func TestManyInvalidCertificates(t *testing.T) {
	leak.Check(t)
	var all []elb.Certificate
	for i := range 20 {
		all = append(all, elb.Certificate{ID: int64(i + 1)})
	}
	got := invalidWarnings(invalidAt(certificatesOf(all...)(), time.Now()))
	if len(got) != maxInvalid+1 || got[maxInvalid] != fmt.Sprintf("certificates: %d more are not valid", 20-maxInvalid) {
		t.Errorf("got %q", got)
	}
}

// The validity of the API's own certificate is checked too.
func TestValidityOfTheAPICertificate(t *testing.T) {
	leak.Check(t)
	now := time.Now()
	p := new(keyPair)
	p.current.Store(&tls.Certificate{Leaf: &x509.Certificate{NotBefore: now, NotAfter: now.Add(time.Hour)}})
	for at, want := range map[time.Duration]string{-time.Second: "not valid before", 0: "", time.Hour: "", time.Hour + time.Second: "expired at"} {
		if err := p.validity(now.Add(at)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v, want %q", at, err, want)
		}
	}
}

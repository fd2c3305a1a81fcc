package node

import (
	"fmt"
	"testing"
	"time"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// The certificates of listeners are exported once each, ordered by expiry; of more than
// maxExpiries, those that expire first.
func TestServedCertificates(t *testing.T) {
	d := store.Desired{Certificates: make(map[string]elb.Certificate)}
	begin := time.Unix(1_700_000_000, 0)
	const many = maxExpiries + 10
	for i := range many {
		id := int64(i + 1)
		d.Certificates[fmt.Sprint(id)] = elb.Certificate{ID: id, NotAfter: begin.Add(time.Duration(many-i) * time.Hour)}
		d.Listeners = append(d.Listeners, elb.Listener{CertificateID: fmt.Sprintf("%d,%d", id, 1)})
	}
	d.Certificates["9999"] = elb.Certificate{ID: 9999, NotAfter: begin} // of no listener
	got := served(d)
	if len(got) != maxExpiries {
		t.Fatalf("%d certificates, want %d", len(got), maxExpiries)
	}
	for i, c := range got {
		if want := int64(many - i); c.ID != want {
			t.Fatalf("at %d stands %d, want %d", i, c.ID, want)
		}
	}
	if got := served(store.Desired{Listeners: []elb.Listener{{CertificateID: "7"}, {}}}); len(got) != 0 {
		t.Errorf("of certificates that are not there: %v", got)
	}
}

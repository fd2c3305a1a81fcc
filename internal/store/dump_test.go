package store_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"

	"github.com/google/go-cmp/cmp"
)

// fill writes more than fits one transaction, and a secret.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	for i := range 300 {
		update(t, s, func(tx *store.Tx) {
			lb := loadBalancer(fmt.Sprintf("lb-%03d", i))
			lb.Address = lb.Address.Next()
			for range i {
				lb.Address = lb.Address.Next()
			}
			store.LoadBalancers.Create(tx, lb)
		})
	}
	update(t, s, func(tx *store.Tx) {
		store.Certificates.Create(tx, elb.Certificate{ID: 7, Name: "shop", ChainPEM: strings.Repeat("chain", 1000), KeyPEM: "the private key"})
	})
}

// contents is the content of the store, with secrets decrypted.
func contents(t *testing.T, s *store.Store) (balancers []elb.LoadBalancer, certificates []elb.Certificate) {
	t.Helper()
	view(t, s, func(r *store.Reader) {
		balancers, certificates = store.LoadBalancers.All(r), store.Certificates.Facts(r)
		for i, c := range certificates {
			certificates[i], _ = store.Certificates.Get(r, c.ID) // with its private key
		}
	})
	return balancers, certificates
}

// A dump loaded into another store is its content, under its own seal key,
// whatever it had before.
func TestDumpAndLoad(t *testing.T) {
	from, fromMember := start(t)
	fill(t, from)
	documents, revision, err := from.Dump(t.Context())
	if err != nil || revision == 0 {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(documents), "the private key") {
		t.Error("a private key is in the clear")
	}

	to, _ := start(t)
	update(t, to, func(tx *store.Tx) {
		store.LoadBalancers.Create(tx, loadBalancer("lb-gone"))
		store.Certificates.Create(tx, elb.Certificate{ID: 9, Name: "gone"})
	})
	made := 0
	load := func() {
		t.Helper()
		made = 0
		if _, err := to.Load(t.Context(), documents, fromMember.SealKey(), func(n, _ int) { made = n }); err != nil {
			t.Fatal(err)
		}
	}
	load()
	if made < 600 {
		t.Errorf("%d changes, want one for each document", made)
	}
	wantBalancers, wantCertificates := contents(t, from)
	gotBalancers, gotCertificates := contents(t, to)
	if d := cmp.Diff(wantBalancers, gotBalancers, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(wantCertificates, gotCertificates); d != "" {
		t.Error(d)
	}
	if load(); made != 0 {
		t.Errorf("a second load makes %d changes", made)
	}
}

// A load of unreadable documents changes nothing.
func TestLoadRefuses(t *testing.T) {
	from, fromMember := start(t)
	update(t, from, func(tx *store.Tx) {
		store.Certificates.Create(tx, elb.Certificate{ID: 7, Name: "shop", KeyPEM: "the private key"})
	})
	good, _, err := from.Dump(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to, _ := start(t)
	update(t, to, func(tx *store.Tx) { store.LoadBalancers.Create(tx, loadBalancer("lb-1")) })

	for what, tt := range map[string]struct {
		documents []store.Document
		key       []byte
		want      string
	}{
		"another seal key":     {good, make([]byte, 32), "seal key does not open it"},
		"no seal key":          {good, nil, "seal key of 0 bytes"},
		"an unknown key":       {append(good[:len(good):len(good)], store.Document{Key: "/elbow/new/1", Value: "{}"}), fromMember.SealKey(), "no document of this version"},
		"a document cut off":   {append(good[:len(good):len(good)], store.Document{Key: "/elbow/user/a", Value: `{"v":1,"d":`}), fromMember.SealKey(), "user"},
		"a document too large": {append(good[:len(good):len(good)], store.Document{Key: "/elbow/address/a", Value: strings.Repeat("x", 1500<<10)}), fromMember.SealKey(), "a document of"},
		"a newer form":         {append(good[:len(good):len(good)], store.Document{Key: "/elbow/user/a", Value: `{"v":99,"d":{}}`}), fromMember.SealKey(), "newer version"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := to.Load(t.Context(), tt.documents, tt.key, func(int, int) { t.Error("a change was made") })
			if checked := store.CheckDocuments(tt.documents, tt.key); fmt.Sprint(checked) != fmt.Sprint(err) {
				t.Errorf("the check before says %v, the load %v", checked, err)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if balancers, _ := contents(t, to); len(balancers) != 1 {
				t.Errorf("there are %d load balancers, want the one there was", len(balancers))
			}
		})
	}
}

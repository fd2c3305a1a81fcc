package store_test

import (
	"strings"
	"testing"

	"elbow/internal/store"
)

// A document that differs from what was written is detected, and one of an older
// or a newer version is not reported.
func TestVerify(t *testing.T) {
	s, member := start(t)
	update(t, s, func(tx *store.Tx) { store.LoadBalancers.Create(tx, loadBalancer("lb-1")) })
	client := member.Client()
	const key = "/elbow/desired/loadbalancer/lb-1"
	found, err := client.Get(t.Context(), key)
	if err != nil || len(found.Kvs) != 1 {
		t.Fatal(found, err)
	}
	text := string(found.Kvs[0].Value)
	sum := strings.LastIndex(text, `,"c":`)
	for name, tt := range map[string]struct {
		key, value string
		leased     bool
		want       string // "" if it is valid
	}{
		"as it was":                    {key: key, value: text},
		"by an older version":          {key: key, value: text[:sum] + "}"},
		"another address":              {key: key, value: strings.Replace(text, "127.8.0.", "127.9.0.", 1), want: "its checksum does not match"},
		"another checksum":             {key: key, value: text[:sum] + `,"c":1}`, want: "its checksum does not match"},
		"cut off":                      {key: key, value: text[:20], want: "unexpected end"},
		"under another key":            {key: "/elbow/desired/loadbalancer/lb-2", value: text, want: "its checksum does not match"},
		"under a key of no kind":       {key: "/elbow/desired/loadbalances/lb-1", value: text, want: "no document of this version"},
		"under a lease":                {key: key, value: text, leased: true, want: "it would end with a process"},
		"under a key that is no key":   {key: "/elbow/address/vsw/x", value: "lb-1", want: "address"},
		"a status, whatever it says":   {key: "/elbow/status/lb-1/00443/https/n", value: "x"},
		"an address of a newer schema": {key: "/elbow/newer/1", value: "x", want: "no document of this version"},
	} {
		t.Run(name, func(t *testing.T) {
			err := store.VerifyDocument([]byte(tt.key), []byte(tt.value), tt.leased)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

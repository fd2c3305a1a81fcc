package control_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair is a self-signed certificate for names and its key, in PEM.
func pair(t testing.TB, notAfter time.Time, names ...string) (chain, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(171),
		Subject: pkix.Name{
			CommonName: names[0], Organization: []string{"Example"}, Province: []string{"Zhejiang"},
			Locality: []string{"Hangzhou"}, Country: []string{"CN"},
		},
		DNSNames: names, NotBefore: notAfter.AddDate(-1, 0, 0), NotAfter: notAfter,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func uploadOf(t testing.TB, name string) params {
	chain, key := pair(t, today.AddDate(0, 6, 0), "example.com", "www.example.com")
	return params{"Name": name, "Cert": chain, "Key": key}
}

// certificate uploads a certificate and returns its id.
func (w *world) certificate(name string) string {
	w.t.Helper()
	return w.upload(uploadOf(w.t, name))
}

func (w *world) upload(p params) string {
	w.t.Helper()
	return fmt.Sprintf("%.0f", w.do("UploadUserCertificate", p)["CertId"])
}

func TestUploadUserCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := uploadOf(t, "web")
	uploaded := w.do("UploadUserCertificate", p)
	id, end := fmt.Sprintf("%.0f", uploaded["CertId"]), today.AddDate(0, 6, 0)
	got := w.do("GetUserCertificateDetail", params{"CertId": id})
	for _, name := range []string{"Fingerprint", "Sha2"} {
		if got.text(name) == "" {
			t.Errorf("no %s", name)
		}
		delete(got, name)
	}
	want := answer{
		"Id": 1000001.0, "Name": "web", "Cert": p["Cert"], "Key": p["Key"], "Common": "example.com",
		"Sans": "example.com,www.example.com", "Issuer": "example.com", "OrgName": "Example", "Province": "Zhejiang",
		"City": "Hangzhou", "Country": "CN", "StartDate": "2025-09-27", "EndDate": "2026-09-27", "Expired": false,
		"BuyInAliyun": false, "OrderId": 0.0, "Algorithm": "ECC", "ResourceGroupId": "",
		"EncryptCert": "", "EncryptPrivateKey": "", "SignCert": "", "SignPrivateKey": "",
		"SerialNo": "AB", "CertIdentifier": "1000001-cn-hangzhou", "InstanceId": "cas-upload-lflt",
		"NotBefore": float64(end.AddDate(-1, 0, 0).UnixMilli()), "NotAfter": float64(end.UnixMilli()),
		"CertChain": []any{map[string]any{
			"CommonName": "example.com", "IssuerCommonName": "example.com", "RemainDay": end.Sub(today).Hours() / 24,
			"NotBefore": float64(end.AddDate(-1, 0, 0).UnixMilli()), "NotAfter": float64(end.UnixMilli()),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
	listed := w.do("ListUserCertificateOrder", params{}).list("CertificateOrderList")
	if len(listed) != 1 || listed[0].text("InstanceId") != "cas-upload-lflt" || uploaded.text("ResourceId") != "cas-upload-lflt" {
		t.Errorf("upload answers %v, the list %v", uploaded, listed)
	}
	filtered := w.do("GetUserCertificateDetail", params{"CertId": id, "CertFilter": "true"})
	if filtered.text("Cert") != "" || filtered.text("Key") != "" || filtered.text("Name") != "web" {
		t.Errorf("with CertFilter: %v", filtered)
	}
	if next := w.certificate("web2"); next != "1000002" {
		t.Errorf("the next id is %s", next)
	}
}

func TestUploadUserCertificateRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := uploadOf(t, "web")
	w.do("UploadUserCertificate", good)
	old, oldKey := pair(t, today.AddDate(0, 0, -1), "example.com")
	for _, tt := range []struct {
		name string
		p    params
		want string
	}{
		{"the same name", uploadOf(t, "web"), "CertificateAlreadyExists"},
		{"an unreadable certificate", good.with(params{"Name": "a", "Cert": "no PEM"}), "InvalidCert"},
		{"an unreadable key", good.with(params{"Name": "a", "Key": "no PEM"}), "InvalidCert"},
		{"the key of another", good.with(params{"Name": "a", "Key": oldKey}), "InvalidCert"},
		{"an expired certificate", params{"Name": "a", "Cert": old, "Key": oldKey}, "InvalidCert"},
		{"no key", good.without("Key"), "MissingKey"},
	} {
		t.Run(tt.name, func(t *testing.T) { w.refuse("UploadUserCertificate", tt.p, tt.want) })
	}
}

func TestDeleteUserCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb, id := w.loadBalancer(), w.certificate("web")
	w.do("CreateLoadBalancerHTTPSListener", listener(lb, id))
	w.refuse("DeleteUserCertificate", params{"CertId": id}, "CertificateInUse")
	w.do("DeleteLoadBalancerListener", params{"LoadBalancerId": lb, "ListenerPort": "443"})
	w.do("DeleteUserCertificate", params{"CertId": id})
	w.refuse("DeleteUserCertificate", params{"CertId": id}, "CertificateNotFound")
	w.refuse("GetUserCertificateDetail", params{"CertId": id}, "CertificateNotFound")
	if again := w.certificate("web"); again == id {
		t.Error("the id was given again")
	}
}

// A certificate is deleted or begins to be used, never both.
func TestDeleteUserCertificateRacesWithItsUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lb := w.loadBalancer()
	for i := range 20 {
		id := w.certificate(fmt.Sprint("web", i))
		deleted := make(chan error, 1)
		go func() { // ends with its one call, which is waited for below
			_, err := w.try(t.Context(), "DeleteUserCertificate", params{"CertId": id})
			deleted <- err
		}()
		_, created := w.try(t.Context(), "CreateLoadBalancerHTTPSListener", listener(lb, id).with(params{"ListenerPort": fmt.Sprint(i + 1)}))
		codes := [2]string{codeOf(created), codeOf(<-deleted)}
		if codes != [2]string{"", "CertificateInUse"} && codes != [2]string{"ServerCertificateNotFound", ""} {
			t.Errorf("create and delete ended with %q", codes)
		}
	}
}

// None of the certificates of a listener can be deleted before the listener is.
func TestSeveralCertificates(t *testing.T) {
	t.Parallel()
	w, lb, first := newSite(t)
	ids := []string{w.certificate("rsa"), first, w.certificate("ecc")}
	all := strings.Join(ids, ",")
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(params{"ServerCertificateId": all}))
	if got := w.describe(lb).text("ServerCertificateId"); got != all {
		t.Errorf("described as %q, want %q", got, all)
	}
	for _, id := range ids {
		w.refuse("DeleteUserCertificate", params{"CertId": id}, "CertificateInUse")
	}
	w.do("SetLoadBalancerHTTPSListenerAttribute", on443(lb).with(params{"ServerCertificateId": ids[2]}))
	for _, id := range ids[:2] {
		w.do("DeleteUserCertificate", params{"CertId": id})
	}
	w.refuse("DeleteUserCertificate", params{"CertId": ids[2]}, "CertificateInUse")
}

func TestListUserCertificateOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	upload := func(name string, notAfter time.Time, domain string) {
		chain, key := pair(t, notAfter, domain)
		w.upload(params{"Name": name, "Cert": chain, "Key": key})
	}
	upload("web", today.AddDate(0, 6, 0), "example.com")
	upload("soon", today.AddDate(0, 0, 10), "shop.example.org")
	upload("short", today.AddDate(0, 0, 1), "EXAMPLE.net")
	w.setTime(today.AddDate(0, 0, 2))
	for _, tt := range []struct {
		p    params
		want []string
	}{
		{nil, []string{"short", "soon", "web"}},
		{params{"Keyword": "example"}, []string{"short", "soon", "web"}},
		{params{"Keyword": "SHOP"}, []string{"soon"}},
		{params{"Keyword": "web"}, []string{"web"}},
		{params{"Keyword": "none"}, nil},
		{params{"Status": "ISSUED"}, []string{"web"}},
		{params{"Status": "WILLEXPIRED"}, []string{"soon"}},
		{params{"Status": "EXPIRED"}, []string{"short"}},
		{params{"OrderType": "UPLOAD", "Keyword": "web"}, []string{"web"}},
		{params{"OrderType": "CERT", "Keyword": "web"}, []string{"web"}},
		{params{"OrderType": "BUY"}, nil},
		{params{"ResourceGroupId": "rg-1"}, nil},
		{params{"ShowSize": "2"}, []string{"short", "soon"}},
		{params{"ShowSize": "2", "CurrentPage": "2"}, []string{"web"}},
	} {
		if diff := cmp.Diff(tt.want, texts(w.do("ListUserCertificateOrder", tt.p).list("CertificateOrderList"), "Name")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.p, diff)
		}
	}
	a := w.do("ListUserCertificateOrder", params{"ShowSize": "2", "CurrentPage": "2"})
	if a["TotalCount"] != 3.0 || a["CurrentPage"] != 2.0 || a["ShowSize"] != 2.0 {
		t.Errorf("page %v", a)
	}
	entry := a.list("CertificateOrderList")[0]
	if entry["CertificateId"] != 1000001.0 || entry.text("SerialNo") != "AB" || entry["Upload"] != true || entry.text("EndDate") != "2026-09-27" {
		t.Errorf("entry %v", entry)
	}
}

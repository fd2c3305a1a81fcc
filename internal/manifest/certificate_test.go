package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/elbtest"
)

// certificateFile is a manifest with one certificate, whose chain and key are those.
func certificateFile(cert, key string) string {
	indent := func(text string) string {
		if !strings.Contains(text, "\n") {
			return text
		}
		return "|\n      " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n      ")
	}
	return "Certificates:\n- Name: shop\n  Cert: " + indent(cert) + "\n  Key: " + indent(key) + "\n"
}

// A certificate is the PEM text itself, or a file as seen from the manifest.
func TestReadCertificate(t *testing.T) {
	dir := t.TempDir()
	pair := elbtest.NewCertificate(t, "a.test")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("chain.pem", pair.Chain)
	write("key.pem", pair.Key)
	write("empty.pem", "")
	write("key-alone.pem", "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n")
	var first *Certificate
	for name, text := range map[string]string{
		"texts":          certificateFile(pair.Chain, pair.Key),
		"files":          certificateFile("chain.pem", "key.pem"),
		"absolute files": certificateFile(filepath.Join(dir, "chain.pem"), filepath.Join(dir, "key.pem")),
	} {
		m, err := Read([]byte(text), dir)
		if err != nil || len(m.Certificates) != 1 {
			t.Errorf("%s: got %+v, %v", name, m, err)
			continue
		}
		c := m.Certificates[0]
		c.Cert, c.Key = strings.TrimSpace(c.Cert), strings.TrimSpace(c.Key)
		if first == nil {
			first = &c
		}
		if c != *first || c.Name != "shop" || c.Cert != strings.TrimSpace(pair.Chain) || len(c.Sha2) != 64 {
			t.Errorf("%s: got %+v, want %+v", name, c, *first)
		}
	}
	for name, tt := range map[string]struct{ cert, key, want string }{
		"no chain":          {`""`, "key.pem", "line 2: Cert is missing"},
		"no key":            {"chain.pem", `""`, "line 2: Key is missing"},
		"a chain not there": {"absent.pem", "key.pem", "line 2: open " + filepath.Join(dir, "absent.pem")},
		"a key not there":   {"chain.pem", "absent.key", "line 2: open " + filepath.Join(dir, "absent.key")},
		"an empty chain":    {"empty.pem", "key.pem", "line 2: no certificate in PEM in Cert"},
		"what is no X.509":  {"key-alone.pem", "key.pem", "line 2: certificate in Cert: "},
		"a directory":       {".", "key.pem", "line 2: read " + dir},
	} {
		_, err := Read([]byte(certificateFile(tt.cert, tt.key)), dir)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s…", name, err, tt.want)
		}
	}
	twice := certificateFile("chain.pem", "key.pem") + strings.TrimPrefix(certificateFile("chain.pem", "key.pem"), "Certificates:\n")
	if _, err := Read([]byte(twice), dir); err == nil || !strings.Contains(err.Error(), "certificate shop was there in line 2 already") {
		t.Errorf("a certificate twice: got %v", err)
	}
}

// A certificate that the server has is not uploaded again. One whose name another has
// gets a name of its own, so that what uses the old one goes on; a listener that names it
// gets the new one.
func TestPlanCertificate(t *testing.T) {
	pair := elbtest.NewCertificate(t, "a.test")
	text := certificateFile(pair.Chain, pair.Key) + strings.Replace(shop, `ServerCertificateId: "60276"`, "Certificate: shop", 1)
	m, err := Read([]byte(text), ".")
	if err != nil {
		t.Fatal(err)
	}
	sha := m.Certificates[0].Sha2
	renewed := "shop-" + sha[:8]
	for name, tt := range map[string]struct {
		stored []StoredCertificate
		upload string // the name that is uploaded; "": none
		uses   string // the id that the listener gets
	}{
		"new":                      {nil, "shop", "100"},
		"there":                    {[]StoredCertificate{{"7", "shop", sha}}, "", "7"},
		"there under its new name": {[]StoredCertificate{{"6", "shop", "AA"}, {"7", renewed, sha}}, "", "7"},
		"there under another name": {[]StoredCertificate{{"7", "blog", sha}}, "shop", "100"},
		"another has the name":     {[]StoredCertificate{{"6", "shop", "AA"}}, renewed, "100"},
	} {
		t.Run(name, func(t *testing.T) {
			state := &State{Certificates: tt.stored}
			steps, err := Plan(m, state, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var made recorder
			if err := Apply(t.Context(), made.call, steps, state, func(Step) {}); err != nil {
				t.Fatal(err)
			}
			var uploads []string
			for _, c := range made.calls {
				switch c.action {
				case uploadCertificate:
					uploads = append(uploads, c.params["Name"])
				case createListener("https"):
					if got := c.params["ServerCertificateId"]; got != tt.uses {
						t.Errorf("the listener has %s, want %s", got, tt.uses)
					}
				}
			}
			if strings.Join(uploads, ",") != tt.upload {
				t.Errorf("uploads %v, want %q", uploads, tt.upload)
			}
		})
	}
}

package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseAcceptsKeys(t *testing.T) {
	for name, key := range map[string]struct {
		entity    entity
		algorithm string
	}{
		"RSA 1024": {issue(t, "a", entity{}, rsaKey(t, 1024)), "RSA"},
		"RSA 2048": {issue(t, "a", entity{}, rsaKey(t, 2048)), "RSA"},
		"P-256":    {issue(t, "a", entity{}, ecdsaKey(t, elliptic.P256())), "ECC"},
		"P-384":    {issue(t, "a", entity{}, ecdsaKey(t, elliptic.P384())), "ECC"},
		"P-521":    {issue(t, "a", entity{}, ecdsaKey(t, elliptic.P521())), "ECC"},
		"Ed25519":  {issue(t, "a", entity{}, ed25519Key(t)), "Ed25519"},
	} {
		pair, err := Parse(key.entity.pem(), key.entity.keyPEM(t), now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if pair.Facts.Algorithm != key.algorithm {
			t.Errorf("%s: got algorithm %s, want %s", name, pair.Facts.Algorithm, key.algorithm)
		}
		if pair.TLS.Leaf == nil || !pair.TLS.Leaf.Equal(key.entity.leaf) {
			t.Errorf("%s: the leaf is not the certificate", name)
		}
	}
}

// The formats in which openssl and others write the same key.
func TestParseAcceptsForms(t *testing.T) {
	ec := issue(t, "ec", entity{}, ecdsaKey(t, elliptic.P256()))
	sec1, err := x509.MarshalECPrivateKey(ec.key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	rsaPair := issue(t, "rsa", entity{}, rsaKey(t, 2048))
	pkcs1 := x509.MarshalPKCS1PrivateKey(rsaPair.key.(*rsa.PrivateKey))
	for name, tt := range map[string]struct{ chain, key string }{
		"SEC 1":                {ec.pem(), block("EC PRIVATE KEY", sec1)},
		"SEC 1 with its curve": {ec.pem(), block("EC PARAMETERS", []byte{6, 8}) + block("EC PRIVATE KEY", sec1)},
		"PKCS #1":              {rsaPair.pem(), block("RSA PRIVATE KEY", pkcs1)},
		"CRLF":                 {strings.ReplaceAll(ec.pem(), "\n", "\r\n"), strings.ReplaceAll(ec.keyPEM(t), "\n", "\r\n")},
		"no last line break":   {strings.TrimSpace(ec.pem()), strings.TrimSpace(ec.keyPEM(t))},
		"byte order mark":      {"\ufeff" + ec.pem(), ec.keyPEM(t)},
		"comments":             {"subject=/CN=ec\nissuer=/CN=ec\n" + ec.pem() + "\n", "Bag Attributes\n" + ec.keyPEM(t)},
	} {
		if _, err := Parse(tt.chain, tt.key, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseChain(t *testing.T) {
	root := issue(t, "root", entity{}, ecdsaKey(t, elliptic.P256()))
	middle := issue(t, "middle", root, ecdsaKey(t, elliptic.P256()))
	leaf := issue(t, "leaf", middle, ecdsaKey(t, elliptic.P256()))
	other := issue(t, "middle", entity{}, ecdsaKey(t, elliptic.P256())) // same name, another key
	stranger := issue(t, "stranger", entity{}, ecdsaKey(t, elliptic.P256()))
	for _, tt := range []struct {
		name  string
		chain []entity
		want  string // of the error; "" for none
	}{
		{"leaf alone", []entity{leaf}, ""},
		{"leaf and issuer", []entity{leaf, middle}, ""},
		{"up to the root", []entity{leaf, middle, root}, ""},
		{"turned round", []entity{root, middle, leaf}, `the private key belongs to certificate 3 of the chain (CN "leaf"): that one has to come first`},
		{"issuer first", []entity{middle, leaf}, `belongs to certificate 2 of the chain (CN "leaf")`},
		{"gap", []entity{leaf, root}, `certificate 2 of the chain (CN "root") issued none of the others: remove it, or add what is missing between them; certificate 1 (CN "leaf") was issued by "CN=middle"`},
		{"a stranger's behind the chain", []entity{leaf, middle, stranger}, `certificate 3 of the chain (CN "stranger") issued none of the others`},
		{"a stranger's in the chain", []entity{leaf, stranger, middle}, `certificate 2 of the chain (CN "stranger") issued none of the others`},
		{"leaf twice", []entity{leaf, leaf, middle}, `certificate 2 of the chain (CN "leaf") is the first one again: remove it`},
		{"issuer of the same name", []entity{leaf, other}, `names certificate 2 (CN "middle") as its issuer but is not signed by it`},
		{"without the leaf", []entity{middle, root}, "does not match"},
	} {
		chain := ""
		for _, e := range tt.chain {
			chain += e.pem()
		}
		pair, err := Parse(chain, leaf.keyPEM(t), now)
		if !says(err, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if err == nil && len(pair.TLS.Certificate) != len(tt.chain) {
			t.Errorf("%s: %d certificates, want %d", tt.name, len(pair.TLS.Certificate), len(tt.chain))
		}
	}
}

// Every certificate of the text is sent, each after one that it issued.
func TestParseOrdersChain(t *testing.T) {
	key := func() crypto.Signer { return ecdsaKey(t, elliptic.P256()) }
	root, otherRoot := issue(t, "root", entity{}, key()), issue(t, "other root", entity{}, key())
	middle := issue(t, "middle", root, key())
	cross := issue(t, "middle", otherRoot, middle.key) // the same authority, signed by another root
	crossRoot := issue(t, "root", otherRoot, root.key) // a new root that an old one has signed
	leaf := issue(t, "leaf", middle, key())
	alone := issue(t, "alone", entity{}, key())
	for _, tt := range []struct {
		name       string
		sent, want []entity
	}{
		{"in order", []entity{leaf, middle, root}, []entity{leaf, middle, root}},
		{"issuers turned round", []entity{leaf, root, middle}, []entity{leaf, middle, root}},
		{"cross-signed intermediate", []entity{leaf, middle, cross}, []entity{leaf, middle, cross}},
		{"cross-signed intermediate first", []entity{leaf, cross, middle}, []entity{leaf, cross, middle}},
		{"both with both roots", []entity{leaf, middle, cross, root, otherRoot}, []entity{leaf, middle, root, cross, otherRoot}},
		{"cross-signed root", []entity{leaf, middle, crossRoot}, []entity{leaf, middle, crossRoot}},
		{"cross-signed root beside the root", []entity{leaf, middle, root, crossRoot}, []entity{leaf, middle, root, crossRoot}},
		{"turned round from the old root", []entity{leaf, otherRoot, crossRoot, middle}, []entity{leaf, middle, crossRoot, otherRoot}},
		{"an issuer twice", []entity{leaf, middle, middle}, []entity{leaf, middle, middle}},
		{"signed by itself", []entity{alone}, []entity{alone}},
	} {
		text := ""
		for _, e := range tt.sent {
			text += e.pem()
		}
		pair, err := Parse(text, tt.sent[0].keyPEM(t), now)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if !slices.EqualFunc(pair.TLS.Certificate, tt.want, func(der []byte, e entity) bool { return bytes.Equal(der, e.leaf.Raw) }) {
			t.Errorf("%s: sent in another order: %d certificates", tt.name, len(pair.TLS.Certificate))
		}
	}
}

// says reports whether err contains want, or is nil if want is "".
func says(err error, want string) bool {
	if err == nil || want == "" {
		return err == nil && want == ""
	}
	return strings.Contains(err.Error(), want)
}

func TestParseRefuses(t *testing.T) {
	good := issue(t, "www.example.com", entity{}, ecdsaKey(t, elliptic.P256()))
	key := good.keyPEM(t)
	other := issue(t, "other", entity{}, rsaKey(t, 2048))
	like := issue(t, "like", entity{}, ecdsaKey(t, elliptic.P256()))
	p224 := issue(t, "p224", entity{}, ecdsaKey(t, elliptic.P224()))
	encrypted := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for _, tt := range []struct{ name, chain, key, want string }{
		{"no certificate", "", key, "the certificate is empty"},
		{"white space", " \n", key, "the certificate is empty"},
		{"no key", good.pem(), "", "the private key is empty"},
		{"not PEM", "hello", key, "the certificate is not PEM: there is no line that begins with -----BEGIN"},
		{"DER", string(good.leaf.Raw), key, `the certificate is not PEM but looks like DER: convert it with "openssl x509 -inform der"`},
		{"cut off", good.pem()[:200], key, "the certificate has 1 PEM blocks of which 0 can be read: one is cut off or damaged"},
		{"second one cut off", good.pem() + good.pem()[:200], key, "the certificate has 2 PEM blocks of which 1 can be read"},
		{"line breaks escaped", strings.ReplaceAll(good.pem(), "\n", `\n`), key, `the line breaks are written as \n`},
		{"no DER inside", block("CERTIFICATE", []byte("hello")), key, "certificate 1 of the chain cannot be read: x509: "},
		{"bytes behind the certificate", block("CERTIFICATE", append(good.leaf.Raw[:len(good.leaf.Raw):len(good.leaf.Raw)], 0)), key, "certificate 1 of the chain cannot be read: x509: trailing data"},
		{"too long", good.pem() + strings.Repeat("#", maxTextBytes), key, "want at most 65536"},
		{"too many", strings.Repeat(good.pem(), 11), key, "the certificate has more than 10 PEM blocks"},
		{"DH parameters behind the chain", good.pem() + block("DH PARAMETERS", []byte{1}), key, `the certificate has a block "DH PARAMETERS": remove it`},
		{"DH parameters behind the key", good.pem(), key + block("DH PARAMETERS", []byte{1}), `the private key has a block "DH PARAMETERS": remove it`},
		{"key in the chain", good.pem() + key, key, `the certificate has a block "PRIVATE KEY": the private key is a parameter of its own`},
		{"certificate in the key", good.pem(), key + good.pem(), "the private key has a certificate in it"},
		{"the two exchanged", key, good.pem(), `the certificate has a block "PRIVATE KEY"`},
		{"signing request", block("CERTIFICATE REQUEST", []byte{1}), key, "a signing request is not a certificate"},
		{"PKCS #7", block("PKCS7", []byte{1}), key, `convert it with "openssl pkcs7 -print_certs"`},
		{"OpenSSL's trusted form", block("TRUSTED CERTIFICATE", good.leaf.Raw), key, `convert it with "openssl x509"`},
		{"unknown block", block("SOMETHING", []byte{1}), key, `the certificate has a block "SOMETHING": only CERTIFICATE blocks belong there`},

		{"key of another certificate", good.pem(), other.keyPEM(t), `the private key does not match the certificate (CN "www.example.com"): the key is RSA with 2048 bits, the certificate is for ECDSA on P-256`},
		{"key of another certificate of the same kind", good.pem(), like.keyPEM(t), `the private key does not match the certificate (CN "www.example.com"): both are ECDSA on P-256, but they are two different keys; the public key has the SHA-256 ` + sumOf(t, like) + ", that of the certificate " + sumOf(t, good)},
		{"encrypted, PKCS #8", good.pem(), block("ENCRYPTED PRIVATE KEY", []byte{1}), `the private key is encrypted: decrypt it with "openssl pkey -in FILE"`},
		{"encrypted, PKCS #1", good.pem(), encrypted, "the private key is encrypted"},
		{"two keys", good.pem(), key + key, "there is more than one private key"},
		{"curve without a key", good.pem(), block("EC PARAMETERS", []byte{6}), "the private key has only EC PARAMETERS"},
		{"public key", good.pem(), block("PUBLIC KEY", []byte{1}), "the private key is a public key"},
		{"OpenSSH key", good.pem(), block("OPENSSH PRIVATE KEY", []byte{1}), `convert it with "ssh-keygen -p -m PEM -f FILE"`},
		{"unknown key block", good.pem(), block("DSA PRIVATE KEY", []byte{1}), `the private key has a block "DSA PRIVATE KEY"`},
		{"no DER in the key", good.pem(), block("PRIVATE KEY", []byte("hello")), "the private key cannot be read: "},
		{"P-224", p224.pem(), p224.keyPEM(t), "ECDSA keys on the curve P-224 are not supported"},
	} {
		_, err := Parse(tt.chain, tt.key, now)
		if err == nil || !says(err, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestParseRefusesShortRSA(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0") // or the test could not make one
	short := issue(t, "short", entity{}, rsaKey(t, 768))
	if _, err := Parse(short.pem(), short.keyPEM(t), now); !says(err, "the RSA key has 768 bits, want 1024 to 8192") {
		t.Errorf("got %v", err)
	}
}

func TestParseExpiry(t *testing.T) {
	key := ecdsaKey(t, elliptic.P256())
	until := func(end time.Time) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotAfter = end }
	}
	ahead := func(c *x509.Certificate) { c.NotBefore = now.AddDate(0, 1, 0) }
	oldIssuer := issue(t, "issuer", entity{}, key, until(now.Add(-time.Hour)))
	for _, tt := range []struct {
		name  string
		chain []entity
		want  string
	}{
		{"expired", []entity{issue(t, "a", entity{}, key, until(now.Add(-time.Second)))}, `certificate 1 of the chain (CN "a") expired at 2026-05-01T11:59:59Z`},
		{"in its last second", []entity{issue(t, "a", entity{}, key, until(now))}, ""},
		{"not valid yet", []entity{issue(t, "a", entity{}, key, ahead)}, ""},
		{"issuer expired", []entity{issue(t, "a", oldIssuer, key), oldIssuer}, `certificate 2 of the chain (CN "issuer") expired`},
	} {
		chain := ""
		for _, e := range tt.chain {
			chain += e.pem()
		}
		if _, err := Parse(chain, tt.chain[0].keyPEM(t), now); !says(err, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestFacts(t *testing.T) {
	issuer := issue(t, "Test CA", entity{}, ecdsaKey(t, elliptic.P256()))
	leaf := issue(t, "example.com", issuer, ecdsaKey(t, elliptic.P256()), full)
	pair, err := Parse(leaf.pem(), leaf.keyPEM(t), now)
	if err != nil {
		t.Fatal(err)
	}
	got := pair.Facts
	if len(got.Fingerprint) != 40 || len(got.Sha2) != 64 || got.Fingerprint != strings.ToUpper(got.Fingerprint) || got.Sha2 != strings.ToUpper(got.Sha2) {
		t.Errorf("fingerprints %q and %q, want 40 and 64 upper-case digits", got.Fingerprint, got.Sha2)
	}
	want := Facts{
		CommonName: "example.com",
		Sans: []string{
			"example.com", "*.example.com", "192.0.2.1", "2001:db8::1",
			"a@example.com", "spiffe://example.com/a",
		},
		Issuer: "Test CA", OrgName: "Example", Province: "Zhejiang", City: "Hangzhou", Country: "CN",
		Fingerprint: got.Fingerprint, Sha2: got.Sha2,
		SerialNo: "ABC", Algorithm: "ECC",
		NotBefore: now.AddDate(0, -6, 0), NotAfter: now.AddDate(0, 6, 0),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
}

// The known fingerprints of a known certificate, so that the digits are in the
// right order: those of the bytes of a fixed leaf.
func TestFingerprints(t *testing.T) {
	leaf := &x509.Certificate{Raw: []byte("abc"), SerialNumber: issue(t, "a", entity{}, ed25519Key(t)).leaf.SerialNumber}
	got := factsOf(leaf)
	// The test vectors of FIPS 180 for "abc".
	if want := "A9993E364706816ABA3E25717850C26C9CD0D89D"; got.Fingerprint != want {
		t.Errorf("SHA-1: got %s, want %s", got.Fingerprint, want)
	}
	if want := "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"; got.Sha2 != want {
		t.Errorf("SHA-256: got %s, want %s", got.Sha2, want)
	}
}

// A text cut off anywhere is an error, never a shorter chain.
func TestParseTruncated(t *testing.T) {
	issuer := issue(t, "issuer", entity{}, ecdsaKey(t, elliptic.P256()))
	leaf := issue(t, "leaf", issuer, ecdsaKey(t, elliptic.P256()))
	chain, key := leaf.pem()+issuer.pem(), leaf.keyPEM(t)
	whole := len(leaf.pem())
	for n := range len(chain) - 1 {
		if n >= whole-1 && n < whole+len("-----BEGIN") {
			continue // the leaf alone, possibly followed by the start of a line
		}
		if _, err := Parse(chain[:n], key, now); err == nil {
			t.Errorf("accepted the first %d of %d bytes of the chain", n, len(chain))
		}
	}
	for n := range len(key) - 1 {
		if _, err := Parse(chain, key[:n], now); err == nil {
			t.Errorf("accepted the first %d of %d bytes of the key", n, len(key))
		}
	}
}

// Whatever is accepted, crypto/tls can serve.
func FuzzParse(f *testing.F) {
	issuer := issue(f, "issuer", entity{}, fixedKey(1))
	leaf := issue(f, "leaf", issuer, fixedKey(2))
	other := issue(f, "other", entity{}, fixedKey(3))
	f.Add(leaf.pem()+issuer.pem(), leaf.keyPEM(f))
	f.Add(issuer.pem()+leaf.pem(), leaf.keyPEM(f))
	f.Add("subject=x\n"+other.pem(), other.keyPEM(f))
	f.Add(block("DH PARAMETERS", []byte{1}), block("EC PARAMETERS", []byte{1}))
	f.Fuzz(func(t *testing.T, chain, key string) {
		pair, err := Parse(chain, key, now)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if _, err := tls.X509KeyPair([]byte(chain), []byte(key)); err != nil {
			t.Errorf("accepted what crypto/tls does not: %v", err)
		}
		if len(pair.Facts.Sha2) != 64 || len(pair.TLS.Certificate) != strings.Count(chain, "-----BEGIN") {
			t.Errorf("%d certificates of the chain are used, SHA-256 %q", len(pair.TLS.Certificate), pair.Facts.Sha2)
		}
	})
}

// sumOf is the sum of the public key of e as openssl and sha256sum print it,
// shortened like in an error text.
func sumOf(t *testing.T, e entity) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(e.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(der))[:16] + "…"
}

package cli

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"elbow/internal/profile"
	"elbow/internal/rpc"
)

// defaultEndpoint is the default address of `elbow serve`.
const defaultEndpoint = "http://" + profile.DefaultAPI

// An Access describes the endpoint of calls and the key that signs them. Flags come before
// the environment, the environment before the profile; the first value that is not empty
// applies.
type Access struct {
	Endpoint   string
	keyID      string
	secret     string
	token      string // of a temporary access key
	ca         string // file of the certificates to trust, in PEM; "": the system's
	insecure   bool   // trust any certificate
	profile    string // "": ELBOW_PROFILE, else default
	configFile string // "": ELBOW_CONFIG, else ~/.elbow/config
}

// Flags adds the flags of endpoint, credentials and certificates.
func (a *Access) Flags(f *pflag.FlagSet) {
	f.StringVar(&a.Endpoint, "endpoint", "", "where the server answers, http://host:port or https://host:port (default "+defaultEndpoint+")")
	f.StringVar(&a.keyID, "access-key-id", "", "the access key that signs the call")
	f.StringVar(&a.secret, "access-key-secret", "", "its secret; others on this machine can see it here, better use the environment or a profile")
	f.StringVar(&a.token, "security-token", "", "of a temporary access key, as AssumeRole answers it")
	f.StringVar(&a.profile, "profile", "", "the section of the profile file to use (default ELBOW_PROFILE, else default)")
	f.StringVar(&a.configFile, "config", "", "the profile file (default ELBOW_CONFIG, else ~/.elbow/config)")
	f.StringVar(&a.ca, "ca", "", "a file of certificates in PEM to trust instead of the system's")
	f.BoolVar(&a.insecure, "insecure-skip-verify", false, "trust any certificate of the server")
}

// Client returns a client with the endpoint and the credentials of a.
func (a *Access) Client() (*rpc.Client, error) {
	p, err := a.readProfile()
	if err != nil {
		return nil, err
	}
	c := &rpc.Client{
		Endpoint:    cmp.Or(a.Endpoint, os.Getenv("ELBOW_ENDPOINT"), p["endpoint"], defaultEndpoint),
		AccessKeyID: cmp.Or(a.keyID, os.Getenv("ELBOW_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), p["access-key-id"]),
		Secret:      cmp.Or(a.secret, os.Getenv("ELBOW_ACCESS_KEY_SECRET"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"), p["access-key-secret"]),
	}
	c.Token = a.securityToken(c.AccessKeyID, p)
	if c.AccessKeyID == "" || c.Secret == "" {
		return nil, errors.New("no credentials: set ELBOW_ACCESS_KEY_ID and ELBOW_ACCESS_KEY_SECRET, or see `elbow call --help`")
	}
	insecure := a.insecure
	if text := p["insecure-skip-verify"]; text != "" && !insecure {
		if insecure, err = strconv.ParseBool(text); err != nil {
			return nil, fmt.Errorf("profile: insecure-skip-verify is %q, neither true nor false", text)
		}
	}
	if ca := cmp.Or(a.ca, p["ca"]); ca != "" || insecure {
		c.HTTP, err = trusting(ca, insecure)
	}
	return c, err
}

// securityToken returns the token of a temporary access key. A token belongs to one key,
// so that the environment and the profile are only read if the key may come from there
// too.
func (a *Access) securityToken(keyID string, p profile.Profile) string {
	switch {
	case a.token != "":
		return a.token
	case !strings.HasPrefix(keyID, "STS."): // a token left in the environment would make the call fail
		return ""
	}
	return cmp.Or(os.Getenv("ELBOW_SECURITY_TOKEN"), os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"), p["security-token"])
}

// trusting returns an HTTP client that trusts the certificates in the file ca, or any
// certificate if insecure.
func trusting(ca string, insecure bool) (*http.Client, error) {
	config := &tls.Config{InsecureSkipVerify: insecure}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca: no certificate in %s", ca)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = config
	// A signature is for one host, so that redirects are not followed but returned.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Transport: transport, CheckRedirect: stay}, nil
}

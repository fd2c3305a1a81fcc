package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Flags come before the environment, the environment before the profile.
func TestAccess(t *testing.T) {
	withoutAccess(t)
	home := os.Getenv("HOME")
	if err := os.Mkdir(filepath.Join(home, ".elbow"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(home, ".elbow", "config"), `
[default]
endpoint = http://home
access-key-id = home-id
access-key-secret = home-secret
[lab]
endpoint = http://lab
access-key-id = lab-id
access-key-secret = lab-secret
[broken]
access-key-id = a
access-key-secret = b
insecure-skip-verify = perhaps
`)
	other := filepath.Join(home, "other")
	write(other, "access-key-id = other-id\naccess-key-secret = other-secret\n")
	bad := filepath.Join(home, "bad")
	write(bad, "what")

	for _, tt := range []struct {
		what string
		a    Access
		env  map[string]string
		want string // endpoint id secret
		err  string // a part of it
	}{
		{what: "the profile at home", want: "http://home home-id home-secret"},
		{what: "another section", a: Access{profile: "lab"}, want: "http://lab lab-id lab-secret"},
		{what: "another section by environment", env: map[string]string{"ELBOW_PROFILE": "lab"}, want: "http://lab lab-id lab-secret"},
		{what: "another file", a: Access{configFile: other}, want: "http://127.0.0.1:8095 other-id other-secret"},
		{what: "another file by environment", env: map[string]string{"ELBOW_CONFIG": other}, want: "http://127.0.0.1:8095 other-id other-secret"},
		{
			what: "environment before profile",
			env:  map[string]string{"ELBOW_ENDPOINT": "http://env", "ELBOW_ACCESS_KEY_ID": "env-id", "ELBOW_ACCESS_KEY_SECRET": "env-secret"},
			want: "http://env env-id env-secret",
		},
		{
			what: "our names before those of the cloud",
			env: map[string]string{
				"ELBOW_ACCESS_KEY_ID": "env-id", "ELBOW_ACCESS_KEY_SECRET": "env-secret",
				"ALIBABA_CLOUD_ACCESS_KEY_ID": "cloud-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "cloud-secret",
			},
			want: "http://home env-id env-secret",
		},
		{
			what: "those of the cloud before the profile",
			env:  map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "cloud-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "cloud-secret"},
			want: "http://home cloud-id cloud-secret",
		},
		{
			what: "flags before all", a: Access{Endpoint: "http://flag", keyID: "flag-id", secret: "flag-secret"},
			env:  map[string]string{"ELBOW_ENDPOINT": "http://env", "ELBOW_ACCESS_KEY_ID": "env-id", "ELBOW_ACCESS_KEY_SECRET": "env-secret"},
			want: "http://flag flag-id flag-secret",
		},
		{what: "no such section", a: Access{profile: "moon"}, err: "has no section [moon]"},
		{what: "no such file", a: Access{configFile: "/nowhere"}, err: "/nowhere"},
		{what: "a file that cannot be read", a: Access{configFile: bad}, err: "line 1: want one of"},
		{what: "a switch that is none", a: Access{profile: "broken"}, err: `insecure-skip-verify is "perhaps"`},
		{what: "nothing at all", env: map[string]string{"HOME": t.TempDir()}, err: "no credentials: set ELBOW_ACCESS_KEY_ID"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			c, err := tt.a.Client()
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want %q in it", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Endpoint + " " + c.AccessKeyID + " " + c.Secret; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFlagsTakeOneDashOrTwo(t *testing.T) {
	for _, args := range [][]string{
		{"serve", "-print-config", "-api", "127.0.0.1:1", "-drain-timeout=5s"},
		{"serve", "--print-config", "--api", "127.0.0.1:1", "--drain-timeout=5s"},
	} {
		out, err := execute(t, args...)
		if err != nil || !strings.Contains(out, "\napi = 127.0.0.1:1\n") || !strings.Contains(out, "\ndrain-timeout = 5s\n") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func execute(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRootCommand()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.Execute()
	return out.String(), err
}

func TestHelpListsTheFlags(t *testing.T) {
	for _, args := range [][]string{{"serve", "-h"}, {"serve", "--help"}, {"help", "serve"}} {
		out, err := execute(t, args...)
		if err != nil || !strings.Contains(out, "-data DIR") || !strings.Contains(out, "elbow serve") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

func TestCompletion(t *testing.T) {
	out, err := execute(t, "__complete", "serve", "--api")
	if err != nil || !strings.Contains(out, "--api\t") || !strings.Contains(out, "--api-cert\t") || strings.Contains(out, "--data") {
		t.Errorf("%v\n%s", err, out)
	}
}

// The output of -print-config is a config file with the same values.
func TestPrintedConfigCanBeRead(t *testing.T) {
	args := []string{
		"serve", "-print-config", "-data", "/somewhere else", "-vswitch", "10.9.0.0/24", "-backend-networks", "10.0.0.0/8, ::1", "-memory-limit", "512MiB",
		"-manage-addresses", "-access-log", "-", "-region", "r 1", "-dns-servers", "10.0.0.53, [fd00::53]:5353",
	}
	printed, err := execute(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "elbow.conf")
	if err := os.WriteFile(path, []byte(printed), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := execute(t, "serve", "-print-config", "-config", path)
	if err != nil || again != printed {
		t.Errorf("%v, got\n%s\nwant\n%s", err, again, printed)
	}
	// The command line takes precedence over the file.
	over, err := execute(t, "serve", "-config", path, "-region", "other", "-print-config")
	if err != nil || !strings.Contains(over, "\nregion = other\n") || !strings.Contains(over, "\nvswitch = 10.9.0.0/24\n") {
		t.Errorf("%v\n%s", err, over)
	}
}

func TestConfigFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"api":                   `elbow.conf:1: want name = value, got "api"`,
		"\n# note\nnothing = 1": `elbow.conf:3: there is no setting "nothing"`,
		"config = other.conf":   `elbow.conf:1: there is no setting "config"`,
		"print-config = true":   `elbow.conf:1: there is no setting "print-config"`,
		"max-connections = all": "elbow.conf:1: max-connections: ",
		"vswitch = 10.0.0.0":    "elbow.conf:1: vswitch: want a range",
		"gc-percent = 3":        "-gc-percent: must be from 10 to 10000, not 3",
		"slow-start = -1s":      "-slow-start: must not be negative, as -1s is",
		"hash-load-factor = 99": "-hash-load-factor: must be 0 or from 100 to 10000, not 99",
		"hash-load-factor = -1": "-hash-load-factor: must be 0 or from 100 to 10000, not -1",
		"retry-percent = 101":   "-retry-percent: must be from 0 to 100, not 101",
		"history-size = 1MiB":   "-history-size: must be 0 or at least 8MiB, not 1MiB",
		"retry-burst = -1":      "-retry-burst: must be from 0 to 1073741824, not -1",

		"max-listener-connections = -1": "-max-listener-connections: must be from 0 to 1073741824, not -1",
	} {
		path := filepath.Join(t.TempDir(), "elbow.conf")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := execute(t, "serve", "-config", path, "-print-config")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if _, err := execute(t, "serve", "-config", "absent.conf"); err == nil || !strings.Contains(err.Error(), "absent.conf") {
		t.Errorf("an absent file: got %v", err)
	}
}

func TestConfigRefused(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-data", ""}, "-data"},
		{[]string{"-region", ""}, "-region"},
		{[]string{"-vswitch", "10.0.0.1"}, `invalid value "10.0.0.1" for flag -vswitch: want a range of addresses, as 10.0.0.0/24`},
		{[]string{"-backend-networks", "10.0.0.0/33"}, "backend-networks"},
		{[]string{"-eip-pool", "203.0.113.7,203.0.113.0/24"}, "-eip-pool: 203.0.113.7/32 and 203.0.113.0/24 have"},
		{[]string{"-eip-pool", "169.254.0.0/16"}, "-eip-pool: 169.254.0.0/16 holds link-local addresses"},
		{[]string{"-eip-pool", "203.0.113"}, "-eip-pool"},
		{[]string{"-dns-servers", "dns.test"}, `"dns.test" is not the address of a DNS server`},
		{[]string{"-dns-servers", "10.0.0.53:0"}, "-dns-servers"},
		{[]string{"-vswitch", "0.0.0.0/0"}, "-vswitch: holds addresses of this network"},
		{[]string{"-vswitch", "fe80::/64"}, "-vswitch: holds link-local addresses"},
		{[]string{"-vswitch", "::ffff:0:0/64"}, "-vswitch: holds"},
		{[]string{"-api", "8095"}, "-api"},
		{[]string{"-admin", "8096"}, "-admin"},
		{[]string{"-api-cert", "cert.pem"}, "-api-cert and -api-key"},
		{[]string{"-api", "127.0.0.1:8095", "-admin", "127.0.0.1:8095"}, "-api and -admin: both are"},
		{[]string{"-api-plain"}, "-api-plain: needs -api-cert"},
		{[]string{"-max-connections", "0"}, "-max-connections"},
		{[]string{"-max-backend-connections", "0"}, "-max-backend-connections"},
		{[]string{"-queue-timeout", "0"}, "-queue-timeout"},
		{[]string{"-max-handshakes", "-1"}, "-max-handshakes"},
		{[]string{"-drain-timeout", "0s"}, "-drain-timeout"},
		{[]string{"-gc-percent", "9"}, "-gc-percent"},
		{[]string{"-memory-limit", "lots"}, "memory-limit"},
		{[]string{"-memory-limit", "1"}, "-memory-limit: must be 0 or at least 64MiB, not 1"},
		{[]string{"-audit-size", "1KiB"}, "-audit-size: must be 0 or at least 1MiB, not 1KiB"},
		{[]string{"-access-log", ""}, "-access-log: must be a file, - or off"},
		{[]string{"-region", "a\nb"}, "-region"},
		// Values that overflow, or that runtime/debug takes for negative.
		{[]string{"-max-connections", "9223372036854775807"}, "-max-connections"},
		{[]string{"-max-listener-connections", "9223372036854775807"}, "-max-listener-connections"},
		{[]string{"-max-listener-connections", "-1"}, "-max-listener-connections"},
		{[]string{"-max-backend-connections", "9223372036854775807"}, "-max-backend-connections"},
		{[]string{"-max-api-connections", "9223372036854775807"}, "-max-api-connections"},
		{[]string{"-max-handshakes", "9223372036854775807"}, "-max-handshakes"},
		{[]string{"-metrics-listeners", "9223372036854775807"}, "-metrics-listeners"},
		{[]string{"-metrics-backends", "9223372036854775807"}, "-metrics-backends"},
		{[]string{"-retry-burst", "9223372036854775807"}, "-retry-burst"},
		{[]string{"-retry-percent", "101"}, "-retry-percent"},
		{[]string{"-hash-load-factor", "9223372036854775807"}, "-hash-load-factor"},
		{[]string{"-hash-load-factor", "99"}, "-hash-load-factor"},
		{[]string{"-gc-percent", "4294967200"}, "-gc-percent"},
		{[]string{"-absent"}, "-absent"},
		{[]string{"argument"}, "argument"},
	} {
		if _, err := execute(t, append([]string{"serve", "-print-config"}, tt.args...)...); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want an error about %s", tt.args, err, tt.want)
		}
	}
	t.Setenv(keyIDVariable, "half")
	t.Setenv(secretVariable, "")
	if _, err := execute(t, "serve", "-print-config"); err == nil || !strings.Contains(err.Error(), secretVariable) {
		t.Errorf("half a key: got %v", err)
	}
}

func TestByteSize(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
		back string
	}{
		{"0", 0, "0"},
		{"1", 1, "1"},
		{"1000", 1000, "1000"},
		{"1024", 1024, "1KiB"},
		{"512MiB", 512 << 20, "512MiB"},
		{"2GiB", 2 << 30, "2GiB"},
		{"2048MiB", 2 << 30, "2GiB"},
		{"8388607TiB", 8388607 << 40, "8388607TiB"},
	} {
		var b byteSize
		if err := b.Set(tt.text); err != nil || int64(b) != tt.want || b.String() != tt.back {
			t.Errorf("%q: got %d, %q, %v, want %d, %q", tt.text, int64(b), b.String(), err, tt.want, tt.back)
		}
	}
	for _, text := range []string{"", "MiB", "1MB", "1M", "-1", "1.5GiB", "1 MiB", "MiB1", "8388608TiB", "9223372036854775808", "1MiBMiB"} {
		var b byteSize
		if err := b.Set(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, int64(b))
		}
	}
}

func TestDefaultsAreValid(t *testing.T) {
	c := defaultConfig()
	if err := c.validate(); err != nil {
		t.Error(err)
	}
	if c.DrainTimeout != 30*time.Second {
		t.Errorf("drain timeout %s", c.DrainTimeout)
	}
}

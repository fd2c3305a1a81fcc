package cli

import (
	"bytes"
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"elbow/internal/api"
	"elbow/internal/gateway"
	"elbow/internal/ram"
)

// serveCalls returns a gateway with operations that return their own parameters.
func serveCalls() *gateway.Gateway {
	return gateway.New(gateway.Config{
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Keys: func(_ context.Context, id string) (gateway.Credential, bool, error) {
			return gateway.Credential{
				Identity: ram.Identity{AccountID: "1", AccessKeyID: id, UserID: "1"},
				Secret:   "secret", Active: true,
			}, id == "key", nil
		},
		Handlers: map[string]gateway.Handler{
			"ens:ModifyLoadBalancerAttribute": func(_ context.Context, _ ram.Identity, in api.Input) (any, error) {
				if in := in.(*api.ModifyLoadBalancerAttributeInput); in.LoadBalancerID != "lb-1" {
					return nil, api.LoadBalancerNotFound()
				}
				return api.ModifyLoadBalancerAttributeOutput{}, nil
			},
			"ens:DescribeNetworks": func(_ context.Context, _ ram.Identity, in api.Input) (any, error) {
				regions := in.(*api.DescribeNetworksInput).RegionIDs
				return api.DescribeNetworksOutput{Networks: api.Networks{Network: api.Array[api.Network]{
					{NetworkID: "n-default", EnsRegionID: strings.Join(regions, "+")},
				}}}, nil
			},
			"cas:UploadUserCertificate": func(_ context.Context, _ ram.Identity, in api.Input) (any, error) {
				return api.UploadUserCertificateOutput{CertID: int64(len(in.(*api.UploadUserCertificateInput).Cert))}, nil
			},
		},
	})
}

// testCall returns the command that the operations belong to.
func testCall() *cobra.Command {
	call := &cobra.Command{Use: "call"}
	AddOperations(call)
	return call
}

// run runs one command line after `elbow`. It returns the standard output and the error
// that main would print.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	root := &cobra.Command{Use: "elbow", SilenceErrors: true}
	root.AddCommand(testCall())
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// withoutAccess clears the environment variables of endpoint and credentials.
func withoutAccess(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"ELBOW_ENDPOINT", "ELBOW_ACCESS_KEY_ID", "ELBOW_ACCESS_KEY_SECRET", "ELBOW_PROFILE", "ELBOW_CONFIG",
		"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
}

func TestCall(t *testing.T) {
	server := httptest.NewServer(serveCalls())
	defer server.Close()
	withoutAccess(t)
	t.Setenv("ELBOW_ENDPOINT", server.URL)
	t.Setenv("ELBOW_ACCESS_KEY_ID", "key")
	t.Setenv("ELBOW_ACCESS_KEY_SECRET", "secret")
	cert := filepath.Join(t.TempDir(), "chain.pem")
	if err := os.WriteFile(cert, []byte("-----BEGIN CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		what string
		args string
		out  string // a part of what is printed
		err  string // how the error begins
	}{
		{
			what: "prints the answer indented", args: "DescribeNetworks",
			out: ",\n  \"Networks\": {\n    \"Network\": [\n",
		},
		{
			what: "a list is a flag given several times", args: "DescribeNetworks --EnsRegionIds a --EnsRegionIds b",
			out: `"EnsRegionId": "a+b"`,
		},
		{
			what: "reads a file", args: "UploadUserCertificate --Name shop --Cert @" + cert + " --Key k",
			out: `"CertId": 28`,
		},
		{
			what: "a file that is not there", args: "UploadUserCertificate --Name shop --Cert @/nowhere --Key k",
			err: "--Cert: open /nowhere: ",
		},
		{
			what: "only parameters that are kept in files read one", args: "ModifyLoadBalancerAttribute --LoadBalancerId lb-1 --LoadBalancerName @" + cert,
			out: `"RequestId"`,
		},
		{
			what: "an error of the operation", args: "ModifyLoadBalancerAttribute --LoadBalancerId lb-2 --LoadBalancerName shop",
			err: "LoadBalancerNotFound: The input parameter loadBalancerId that is not found. (RequestId ",
		},
		{
			what: "what is required is the server's to say", args: "ModifyLoadBalancerAttribute --LoadBalancerId lb-1",
			err: "MissingLoadBalancerName: You must specify the parameter LoadBalancerName. (RequestId ",
		},
		{
			what: "a wrong secret", args: "DescribeNetworks --access-key-secret wrong",
			err: "SignatureDoesNotMatch: ",
		},
		{
			what: "no such operation", args: "DescribeNetwork",
			err: "no operation \"DescribeNetwork\"; did you mean DescribeNetworkInterfaces or DescribeNetworks or DescribeNetworkAttribute?",
		},
		{
			what: "no such operation, with parameters", args: "StartLoadBalancerListner --LoadBalancerId lb-1",
			err: "no operation \"StartLoadBalancerListner\"; did you mean StartLoadBalancerListener?",
		},
		{what: "no such parameter", args: "DescribeNetworks --Color red", err: "unknown flag: --Color"},
		{what: "an argument too many", args: "DescribeNetworks now", err: `argument "now" belongs to no parameter: write --Param value`},
		{what: "nobody listens", args: "DescribeNetworks --endpoint http://127.0.0.1:1", err: "call DescribeNetworks at http://127.0.0.1:1: "},
	} {
		t.Run(tt.what, func(t *testing.T) {
			out, err := run(t, append([]string{"call"}, strings.Fields(tt.args)...)...)
			var text string
			if err != nil {
				text = err.Error()
			}
			if !strings.HasPrefix(text, tt.err) || (tt.err == "") != (err == nil) {
				t.Errorf("got error %q, want %q", text, tt.err)
			}
			if !strings.Contains(out, tt.out) || tt.out == "" && out != "" {
				t.Errorf("got output %q, want %q in it", out, tt.out)
			}
		})
	}
}

// A refused value is reported with the reason, on a line of its own.
func TestCallSaysWhatIsWrong(t *testing.T) {
	server := httptest.NewServer(serveCalls())
	defer server.Close()
	withoutAccess(t)
	_, err := run(t, "call", "DescribeNetworks", "--PageSize", "51",
		"--endpoint", server.URL, "--access-key-id", "key", "--access-key-secret", "secret")
	if err == nil {
		t.Fatal("PageSize 51 was accepted")
	}
	first, second, _ := strings.Cut(err.Error(), "\n")
	if !strings.HasPrefix(first, "InvalidPageSize: The specified parameter PageSize is invalid. (RequestId ") ||
		second != "PageSize must be from 1 to 50" {
		t.Errorf("got %q and %q", first, second)
	}
}

func TestCallOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(serveCalls())
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	withoutAccess(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flags []string
		err   string // a part of it
	}{
		{nil, "certificate signed by unknown authority"},
		{[]string{"--ca", ca}, ""},
		{[]string{"--insecure-skip-verify"}, ""},
		{[]string{"--ca", empty}, "no certificate in "},
		{[]string{"--ca", "/nowhere"}, "--ca: open /nowhere"},
	} {
		args := []string{"call", "DescribeNetworks", "--endpoint", server.URL, "--access-key-id", "key", "--access-key-secret", "secret"}
		_, err := run(t, append(args, tt.flags...)...)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%v: got error %v, want %q", tt.flags, err, tt.err)
		}
	}
}

// Every operation of the table is a subcommand with a flag for each row; the shell
// completes the values of enumerations.
func TestCallFollowsTheTables(t *testing.T) {
	call := testCall()
	for _, op := range api.Operations() {
		cmd, _, err := call.Find([]string{op.Name})
		if err != nil || cmd.Name() != op.Name {
			t.Errorf("%s: got command %q, %v", op.Name, cmd.Name(), err)
			continue
		}
		for _, r := range op.New().Params() {
			if f := cmd.Flags().Lookup(r.Name); f == nil || !strings.Contains(f.Usage, r.Doc) {
				t.Errorf("%s: no flag --%s with its text", op.Name, r.Name)
			}
		}
	}
	out, err := run(t, cobra.ShellCompNoDescRequestCmd, "call", "CreateLoadBalancerHTTPSListener", "--Scheduler", "")
	if want := "wrr\nwlc\nrr\nsch\nqch\niqch\n:4\n"; err != nil || out != want {
		t.Errorf("completion of --Scheduler: got %q, %v, want %q", out, err, want)
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{
		"elb.s1.small": "elb.s1.small",
		"":             "''",
		"two words":    "'two words'",
		`{"a":"$b"}`:   `'{"a":"$b"}'`,
		"it's":         `'it'\''s'`,
		"a;b":          "'a;b'",
	} {
		if got := quote(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

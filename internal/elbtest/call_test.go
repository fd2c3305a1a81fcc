package elbtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/api"
)

// A terminal runs the program as a person does, against one node.
type terminal struct {
	node *Node
	dir  string
}

func newTerminal(t *testing.T, n *Node) *terminal { return &terminal{n, t.TempDir()} }

// write writes a file in the directory in which the program runs.
func (c *terminal) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs `elbow args…` and returns what it prints; failed are the lines on
// standard error of one that ended with an error, or else "exit status 2" of one
// that ended with that.
func (c *terminal) run(t *testing.T, stdin string, args ...string) (out, failed string) {
	t.Helper()
	cmd := exec.Command(c.node.Binary, args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "HOME="+c.dir, "ELBOW_ENDPOINT=http://"+c.node.API,
		"ELBOW_ACCESS_KEY_ID="+c.node.AccessKeyID, "ELBOW_ACCESS_KEY_SECRET="+c.node.Secret)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.String(), ""
	}
	if cmd.ProcessState.ExitCode() == 2 && stderr.Len() == 0 {
		return stdout.String(), err.Error()
	}
	if stderr.Len() == 0 {
		t.Errorf("elbow %s: ended with %v and did not say why", strings.Join(args, " "), err)
	}
	return stdout.String(), stderr.String()
}

// `elbow call` prints, waits, reads parameters and completes against a real node.
func TestCallCommand(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	c := newTerminal(t, n)
	input := `{"LoadBalancerId":"` + s.LoadBalancerID + `","ListenerPort":9443,"HealthCheck":"off",` +
		`"ServerCertificateId":` + s.CertificateID + `,"Description":"from a file"}`
	c.write(t, "listener.json", input)
	listener := []string{"--LoadBalancerId", s.LoadBalancerID, "--ListenerPort", "9443"}

	for _, tt := range []struct {
		what   string
		args   []string
		stdin  string
		out    string // a part of what is printed
		failed string // a part of the error
	}{
		{what: "parameters from a file, the command line before them", args: []string{
			"call", "CreateLoadBalancerHTTPSListener", "--cli-input", "listener.json", "--Scheduler", "rr", "-o", "yaml",
		}, out: "RequestId: "},
		{what: "starts and waits until it runs", args: append([]string{
			"call", "StartLoadBalancerListener", "--wait", "Status=Running", "--query", "[Status,Scheduler,Description]", "-o", "table",
		}, listener...), out: "Running\nrr\nfrom a file\n"},
		{what: "a table", args: append([]string{"call", "DescribeLoadBalancerListeners", "-o", "table"}, listener...), out: "ListenerPort"},
		{what: "parameters from standard input", args: []string{
			"call", "DescribeLoadBalancers", "--cli-input", "-", "--query", "LoadBalancers.LoadBalancer[0].LoadBalancerId",
		}, stdin: `{"PageSize":10}`, out: s.LoadBalancerID},
		{what: "lists and JSON texts as arrays", args: []string{
			"call", "SetBackendServers", "--cli-input", "-", "--wait", "BackendServers[0].Weight=7", "--query", "BackendServers[0].Weight",
		}, stdin: `{"LoadBalancerId":"` + s.LoadBalancerID + `","BackendServers":[{"ServerId":"i-a","Weight":7}]}`, out: "7\n"},
		{what: "a wait that ends", args: append([]string{
			"call", "DescribeLoadBalancerHTTPSListenerAttribute", "--wait", "Status=Stopped", "--wait-timeout", "1ms",
		}, listener...), failed: "--wait Status=Stopped: at the end of --wait-timeout it is still Running"},
		{what: "a wait for a field that is never answered", args: append([]string{
			"call", "DescribeLoadBalancerHTTPSListenerAttribute", "--wait", "Sttus=Running",
		}, listener...), failed: "--wait: the answer of DescribeLoadBalancerHTTPSListenerAttribute has no field Sttus; it has RequestId, "},
		{what: "a wait for such a field after a change", args: append([]string{
			"call", "StartLoadBalancerListener", "--wait", "Sttus=Running",
		}, listener...), failed: "StartLoadBalancerListener is done, but --wait: the answer of DescribeLoadBalancerHTTPSListenerAttribute has no field Sttus"},
		{what: "a wait for what is not there yet", args: []string{
			"call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", s.LoadBalancerID, "--wait", "BackendServers[9].Weight=1", "--wait-timeout", "1ms",
		}, failed: `at the end of --wait-timeout the answer has no BackendServers[9].Weight: {`},
		{what: "a wait that ends at an empty value", args: append([]string{
			"call", "DescribeLoadBalancerHTTPSListenerAttribute", "--wait", "Cookie=a", "--wait-timeout", "1ms",
		}, listener...), failed: "--wait Cookie=a: at the end of --wait-timeout it is still empty"},
		{what: "a load balancer that is not there", args: []string{
			"call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", "lb-none", "-o", "table",
		}, failed: "elbow: not found: the server has no LoadBalancerId lb-none (RequestId "},
		{what: "a wait for one that is not there", args: []string{
			"call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", "lb-none", "--wait", "LoadBalancerStatus=Active",
		}, failed: "not found: the server has no LoadBalancerId lb-none"},
		{what: "a wait until it is not there", args: []string{
			"call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", "lb-none", "--wait", "LoadBalancerId=null",
		}, out: `"RequestId"`},
		{what: "an empty list is an answer", args: []string{"call", "DescribeLoadBalancers", "--LoadBalancerId", "lb-none", "--query", "TotalCount"}, out: "0\n"},
		{what: "a wait for what nothing shows", args: []string{"call", "RegisterInstanceRange", "--CidrBlock", "10.9.0.0/16", "--wait", "A=B"}, failed: "RegisterInstanceRange is done, but no operation shows what RegisterInstanceRange has done"},
		{what: "a wait that completes the observer's parameters", args: []string{"call", "CreatePolicy", "--PolicyName", "p", "--PolicyDocument", allowAll, "--wait", "Policy.AttachmentCount=0", "--query", "Policy.PolicyType"}, out: "Custom"},
		{what: "a wait for an entry of a list", args: []string{"call", "RegisterInstance", "--InstanceId", "i-waited", "--PrivateIpAddress", "127.0.0.1", "--InstanceName", "w", "--wait", "Instances.Instance[0].InstanceName=w", "--query", "TotalCount"}, out: "1\n"},
		{what: "a wait by a user's list", args: []string{"call", "CreateUser", "--UserName", "waited", "--wait", "User.UserName=waited"}, out: "waited"},
		{what: "a wait for an access key", args: []string{"call", "CreateAccessKey", "--UserName", "waited", "--wait", "AccessKeys.AccessKey[0].Status=Active"}, out: "AccessKeyId"},
		{what: "a wait for a login profile", args: []string{"call", "CreateLoginProfile", "--UserName", "waited", "--Password", worldPassword, "--wait", "LoginProfile.MFABindRequired=false"}, out: "LoginProfile"},
		{what: "a wait for an attachment", args: []string{"call", "AttachPolicyToUser", "--UserName", "waited", "--PolicyType", "Custom", "--PolicyName", "p", "--wait", "Policies.Policy[0].PolicyName=p"}, out: "AttachDate"},
		{what: "a format that is none", args: []string{"call", "DescribeLoadBalancers", "-o", "xml"}, failed: `--output: want json, yaml, table, got "xml"`},
		{what: "a wait that is none", args: []string{"call", "DescribeLoadBalancers", "--wait", "Running"}, failed: "--wait: want FIELD=VALUE"},
		{what: "a query with a mistake", args: []string{"call", "DescribeLoadBalancers", "--query", "a["}, failed: "--query: SyntaxError"},
		{what: "a file with an unknown name", args: []string{"call", "DescribeLoadBalancers", "--cli-input", "-"}, stdin: `{"Colour":"red"}`, failed: "no parameter Colour"},
		{what: "a file that is no object", args: []string{"call", "DescribeLoadBalancers", "--cli-input", "-"}, stdin: `[]`, failed: "not an object of parameters"},
		{what: "completes load balancers", args: []string{"__complete", "call", "DescribeLoadBalancerAttribute", "--LoadBalancerId", ""}, out: s.LoadBalancerID},
		{what: "completes the listeners of one", args: []string{"__complete", "call", "StartLoadBalancerListener", "--LoadBalancerId", s.LoadBalancerID, "--ListenerPort", ""}, out: "9443\tfrom a file\n"},
		{what: "completes certificates", args: []string{"__complete", "call", "GetUserCertificateDetail", "--CertId", ""}, out: s.CertificateID + "\ttest-"},
		{what: "completes networks", args: []string{"__complete", "call", "DescribeNetworks", "--NetworkId", ""}, out: "n-default"},
		{what: "completes vSwitches", args: []string{"__complete", "call", "CreateLoadBalancer", "--VSwitchId", ""}, out: "vsw-default\t127."},
		{what: "completes regions", args: []string{"__complete", "call", "CreateLoadBalancer", "--EnsRegionId", ""}, out: "local"},
		{what: "completes what the table allows", args: []string{"__complete", "call", "SetLoadBalancerStatus", "--LoadBalancerStatus", ""}, out: "InActive"},
		{what: "does not complete what is to be made", args: []string{"__complete", "call", "CreateUser", "--UserName", ""}, out: ":4\n"},
	} {
		t.Run(tt.what, func(t *testing.T) { // in order: they depend on each other
			out, failed := c.run(t, tt.stdin, tt.args...)
			if !strings.Contains(out, tt.out) || !strings.Contains(failed, tt.failed) || (failed == "") != (tt.failed == "") {
				t.Errorf("elbow %s\ngot output %q\nand error %q\nwant %q, %q", strings.Join(tt.args, " "), out, failed, tt.out, tt.failed)
			}
		})
	}
}

// For every operation that reads one resource, `elbow call` reports a missing resource
// with exit status 1, whatever the answer of the API is.
func TestCallOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := newTerminal(t, w.node)
	tried := 0
	for _, op := range api.Operations() {
		if op.Access != "get" {
			continue
		}
		for _, r := range op.New().Params() {
			params := w.valid(t, op.Name)
			switch {
			case !r.Required || len(r.When) > 0:
				continue
			case r.Name == "CertId" || r.Name == "ListenerPort":
				params[r.Name] = "9"
			case r.Name == "VersionId":
				params[r.Name] = "v99"
			case r.Var.Shape().Type == api.Name || r.Name == "UserName" || r.Name == "PolicyName":
				params[r.Name] = "lb-none"
			default:
				continue
			}
			tried++
			args := []string{"call", op.Name}
			for name, value := range params {
				args = append(args, "--"+name, value)
			}
			out, failed := c.run(t, "", args...)
			if failed == "" || out != "" || !regexp.MustCompile(`(?i)not ?(found|exist)|does not exist`).MatchString(failed) {
				t.Errorf("%s, %s: got %q and the error %q, want one that says it is not there", op.Name, r.Name, out, failed)
			}
		}
	}
	if tried < 8 {
		t.Errorf("only %d parameters were tried", tried)
	}
}

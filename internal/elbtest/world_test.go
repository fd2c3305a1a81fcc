package elbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A world is a node with a resource of every kind, so that each operation has a call that
// succeeds.
type world struct {
	*rpc.Client
	node *Node

	signer   *rpc.Client // a user with a password and no policy
	lb       string      // Active, with the backend i-there and listeners on the ports 8443 (HTTPS), 8080 (HTTP), 8081 (TCP) and 8082 (UDP)
	inactive string      // InActive, with the same listeners
	used     string      // certificate of the listeners
	unused   string      // certificate that no listener has
	network  string      // has the vSwitch vSwitch, which is not used
	vSwitch  string
	empty    string // a network without a vSwitch
	eip      string // not associated
	usedEIP  string // of lb
	key      string // access key of alice, who also has the policy mine
	loneKey  string // access key of bob, who has no other resource
	pair     Certificate
	account  string // its ID
}

// worldPassword is the password of alice and erin.
const worldPassword = "correct-horse-battery"

const allowAll = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, Options{})
}

func newWorldOn(t *testing.T, o Options) *world {
	t.Helper()
	n := Start(t, o)
	w := &world{node: n, Client: n.RPC(), pair: NewCertificate(t, SiteName)}
	w.lb, w.inactive = w.newLoadBalancer(t), w.newLoadBalancer(t)
	upload := func(name string) string {
		var out struct{ CertID int64 }
		w.must(t, "UploadUserCertificate", map[string]string{"Name": name, "Cert": w.pair.Chain, "Key": w.pair.Key}, &out)
		return strconv.FormatInt(out.CertID, 10)
	}
	w.used, w.unused = upload("used"), upload("unused")
	w.must(t, "AddBackendServers", map[string]string{"LoadBalancerId": w.lb, "BackendServers": `[{"ServerId":"i-there","Ip":"127.0.0.1","Port":"1"}]`}, nil)
	for _, lb := range []string{w.lb, w.inactive} {
		w.must(t, "CreateLoadBalancerHTTPSListener", map[string]string{
			"LoadBalancerId": lb, "ListenerPort": "8443", "HealthCheck": "off", "ServerCertificateId": w.used,
		}, nil)
		w.must(t, "CreateLoadBalancerHTTPListener", map[string]string{"LoadBalancerId": lb, "ListenerPort": "8080", "HealthCheck": "off"}, nil)
		w.must(t, "CreateLoadBalancerTCPListener", map[string]string{"LoadBalancerId": lb, "ListenerPort": "8081"}, nil)
		w.must(t, "CreateLoadBalancerUDPListener", map[string]string{"LoadBalancerId": lb, "ListenerPort": "8082"}, nil)
	}
	w.must(t, "SetLoadBalancerStatus", map[string]string{"LoadBalancerId": w.inactive, "LoadBalancerStatus": "InActive"}, nil)
	w.must(t, "RegisterInstance", map[string]string{"InstanceId": "i-known", "PrivateIpAddress": "127.0.0.1"}, nil)
	w.must(t, "RegisterInstanceRange", map[string]string{"CidrBlock": "10.7.0.0/16"}, nil)

	w.network, w.empty = w.newNetwork(t, "10.10.0.0/16"), w.newNetwork(t, "10.11.0.0/16")
	w.vSwitch = w.newVSwitch(t, w.network, "10.10.0.0/24")
	w.eip, w.usedEIP = w.newEIP(t), w.newEIP(t)
	w.must(t, "AssociateEnsEipAddress", map[string]string{"AllocationId": w.usedEIP, "InstanceId": w.lb}, nil)

	for _, name := range []string{"alice", "bob", "carol"} {
		w.must(t, "CreateUser", map[string]string{"UserName": name}, nil)
	}
	w.key, w.loneKey = w.newKey(t, "alice").AccessKeyID, w.newKey(t, "bob").AccessKeyID
	w.must(t, "CreateUser", map[string]string{"UserName": "erin"}, nil)
	w.signer = w.newKey(t, "erin")
	for _, name := range []string{"alice", "erin"} {
		w.must(t, "CreateLoginProfile", map[string]string{"UserName": name, "Password": worldPassword}, nil)
	}
	for _, name := range []string{"mine", "free"} {
		w.must(t, "CreatePolicy", map[string]string{"PolicyName": name, "PolicyDocument": allowAll}, nil)
	}
	w.must(t, "AttachPolicyToUser", map[string]string{"PolicyType": "Custom", "PolicyName": "mine", "UserName": "alice"}, nil)
	w.must(t, "CreatePolicyVersion", map[string]string{"PolicyName": "mine", "PolicyDocument": allowAll}, nil)
	for _, name := range []string{"operators", "empty"} {
		w.must(t, "CreateGroup", map[string]string{"GroupName": name}, nil)
	}
	w.must(t, "AddUserToGroup", map[string]string{"GroupName": "operators", "UserName": "alice"}, nil)
	w.must(t, "CreatePolicy", map[string]string{"PolicyName": "shared", "PolicyDocument": allowAll}, nil)
	w.must(t, "AttachPolicyToGroup", map[string]string{"PolicyType": "Custom", "PolicyName": "shared", "GroupName": "operators"}, nil)
	w.newRoles(t)
	return w
}

// sharePort creates a UDP listener on the port of the HTTPS listener, unless there is one.
func (w *world) sharePort(t *testing.T) {
	t.Helper()
	params := map[string]string{"LoadBalancerId": w.lb, "ListenerPort": "8443"}
	if _, err := patient(t, w.Client, operation(t, "DescribeLoadBalancerUDPListenerAttribute"), params); err != nil {
		w.must(t, "CreateLoadBalancerUDPListener", params, nil)
	}
}

// newRoles creates the role trusting, which erin may assume, and the role strange, which
// trusts a service only. It gives erin a policy to assume it.
func (w *world) newRoles(t *testing.T) {
	t.Helper()
	var caller struct{ AccountID string }
	w.must(t, "GetCallerIdentity", nil, &caller)
	w.account = caller.AccountID
	for name, principal := range map[string]string{
		"trusting": `{"RAM":["acs:ram::` + w.account + `:user/erin"]}`, "strange": `{"Service":"ecs.aliyuncs.com"}`,
	} {
		w.must(t, "CreateRole", map[string]string{"RoleName": name, "AssumeRolePolicyDocument": trust(principal)}, nil)
	}
	w.must(t, "CreatePolicy", map[string]string{"PolicyName": "assume", "PolicyDocument": `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`}, nil)
	w.must(t, "AttachPolicyToUser", map[string]string{"PolicyType": "Custom", "PolicyName": "assume", "UserName": "erin"}, nil)
	w.must(t, "AttachPolicyToRole", map[string]string{"PolicyType": "Custom", "PolicyName": "shared", "RoleName": "trusting"}, nil)
}

// trust returns a trust policy for principals.
func trust(principal string) string {
	return `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}]}`
}

func (w *world) newLoadBalancer(t *testing.T) string {
	t.Helper()
	var out struct{ LoadBalancerID string }
	w.must(t, "CreateLoadBalancer", LoadBalancerParams(), &out)
	return out.LoadBalancerID
}

func (w *world) newNetwork(t testing.TB, cidr string) string {
	t.Helper()
	var out struct{ NetworkID string }
	w.must(t, "CreateNetwork", map[string]string{"EnsRegionId": "local", "CidrBlock": cidr}, &out)
	return out.NetworkID
}

func (w *world) newVSwitch(t testing.TB, network, cidr string) string {
	t.Helper()
	var out struct{ VSwitchID string }
	w.must(t, "CreateVSwitch", map[string]string{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": cidr}, &out)
	return out.VSwitchID
}

func (w *world) newEIP(t testing.TB) string {
	t.Helper()
	var out struct{ AllocationID string }
	w.must(t, "CreateEipInstance", EIPParams(), &out)
	return out.AllocationID
}

// newKey creates an access key and returns a client with it.
func (w *world) newKey(t *testing.T, user string) *rpc.Client {
	t.Helper()
	var out struct {
		AccessKey struct{ AccessKeyID, AccessKeySecret string }
	}
	w.must(t, "CreateAccessKey", map[string]string{"UserName": user}, &out)
	c := *w.Client
	c.AccessKeyID, c.Secret = out.AccessKey.AccessKeyID, out.AccessKey.AccessKeySecret
	return &c
}

// operation finds an operation by its name, whatever its product.
func operation(t testing.TB, name string) *api.Operation {
	t.Helper()
	for _, op := range api.Operations() {
		if op.Name == name {
			return op
		}
	}
	t.Fatalf("no operation %s", name)
	return nil
}

// patient makes a call, and repeats it if it is throttled: the tests make more calls a
// second than an account may.
func patient(t testing.TB, c *rpc.Client, op *api.Operation, params map[string]string) ([]byte, error) {
	t.Helper()
	for {
		text, err := c.Call(context.Background(), op.Version, op.Name, params)
		refusal, ok := errors.AsType[*rpc.Error](err)
		if !ok || !strings.HasPrefix(refusal.Code, "Throttling") {
			return text, err
		}
		time.Sleep(refusal.RetryAfter)
	}
}

// must makes a call that succeeds and decodes its answer.
func (w *world) must(t testing.TB, action string, params map[string]string, out any) []byte {
	t.Helper()
	text, err := patient(t, w.Client, operation(t, action), params)
	if err != nil {
		t.Fatalf("%s %v: %v", action, params, err)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%s: %v in %s", action, err, text)
		}
	}
	return text
}

// by returns the client for the valid call of an operation: root, except for operations of
// users only.
func (w *world) by(operation string) *rpc.Client {
	if operation == "ChangePassword" || operation == "AssumeRole" {
		return w.signer
	}
	return w.Client
}

// valid returns the parameters of a call of the operation that succeeds in a new world.
func (w *world) valid(t testing.TB, name string) map[string]string {
	t.Helper()
	listener := map[string]string{"LoadBalancerId": w.lb, "ListenerPort": "8443"}
	balancer := map[string]string{"LoadBalancerId": w.lb}
	plain, stream, datagram := with(balancer, "ListenerPort", "8080"), with(balancer, "ListenerPort", "8081"), with(balancer, "ListenerPort", "8082")
	trusting := map[string]string{"RoleName": "trusting"}
	alice, operators := map[string]string{"UserName": "alice"}, map[string]string{"GroupName": "operators"}
	none := map[string]string{}
	all := map[string]map[string]string{
		"CreateLoadBalancer":                         LoadBalancerParams(),
		"DescribeLoadBalancers":                      none,
		"DescribeLoadBalancerAttribute":              balancer,
		"ModifyLoadBalancerAttribute":                with(balancer, "LoadBalancerName", "renamed"),
		"SetLoadBalancerStatus":                      with(balancer, "LoadBalancerStatus", "Active"),
		"DescribeLoadBalancerSpec":                   none,
		"ReleaseInstance":                            {"InstanceId": w.lb},
		"DeleteLoadBalancer":                         balancer,
		"CreateLoadBalancerHTTPSListener":            {"LoadBalancerId": w.lb, "ListenerPort": "9443", "HealthCheck": "off", "ServerCertificateId": w.used},
		"SetLoadBalancerHTTPSListenerAttribute":      listener,
		"DescribeLoadBalancerHTTPSListenerAttribute": listener,
		"CreateLoadBalancerHTTPListener":             {"LoadBalancerId": w.lb, "ListenerPort": "9443", "HealthCheck": "off"},
		"SetLoadBalancerHTTPListenerAttribute":       plain,
		"DescribeLoadBalancerHTTPListenerAttribute":  plain,
		"DeleteLoadBalancerHTTPListener":             plain,
		"CreateLoadBalancerTCPListener":              with(balancer, "ListenerPort", "9443"),
		"SetLoadBalancerTCPListenerAttribute":        stream,
		"DescribeLoadBalancerTCPListenerAttribute":   stream,
		"CreateLoadBalancerUDPListener":              with(balancer, "ListenerPort", "9443"),
		"SetLoadBalancerUDPListenerAttribute":        datagram,
		"DescribeLoadBalancerUDPListenerAttribute":   datagram,
		"DescribeLoadBalancerListeners":              balancer,
		"StartLoadBalancerListener":                  listener,
		"StopLoadBalancerListener":                   listener,
		"DeleteLoadBalancerListener":                 listener,
		"AddBackendServers":                          with(balancer, "BackendServers", `[{"ServerId":"i-new","Ip":"127.0.0.1","Port":"2"}]`),
		"SetBackendServers":                          with(balancer, "BackendServers", `[{"ServerId":"i-there","Weight":"7"}]`),
		"RemoveBackendServers":                       with(balancer, "BackendServers", `[{"ServerId":"i-there"}]`),
		"RegisterInstance":                           {"InstanceId": "i-new", "PrivateIpAddress": "127.0.0.1"},
		"DeregisterInstance":                         {"InstanceId": "i-known"},
		"RegisterInstanceRange":                      {"CidrBlock": "10.0.0.0/8"},
		"DeregisterInstanceRange":                    {"CidrBlock": "10.7.0.0/16"},
		"DescribeInstances":                          none,
		"DescribeNetworkInterfaces":                  none,
		"DescribeLoadBalancerListenMonitor":          hour(with(balancer, "VPort", "8443")),
		"DescribeServerLoadBalancerListenMonitor":    hour(with(balancer, "VPort", "8443")),
		"DescribeServerLoadBalancerMonitor":          hour(balancer),
		"DescribeEnsRegions":                         none,
		"DescribeNetworks":                           none,
		"DescribeVSwitches":                          none,
		"DescribeRegionIsps":                         {"EnsRegionId": "local"},
		"CreateNetwork":                              {"EnsRegionId": "local", "CidrBlock": "10.20.0.0/16"},
		"DescribeNetworkAttribute":                   {"NetworkId": w.network},
		"ModifyNetworkAttribute":                     {"NetworkId": w.network, "NetworkName": "renamed"},
		"DeleteNetwork":                              {"NetworkId": w.empty},
		"CreateVSwitch":                              {"EnsRegionId": "local", "CidrBlock": "10.10.7.0/24", "NetworkId": w.network},
		"DescribeVSwitchAttributes":                  {"VSwitchId": w.vSwitch},
		"ModifyVSwitchAttribute":                     {"VSwitchId": w.vSwitch, "VSwitchName": "renamed"},
		"DeleteVSwitch":                              {"VSwitchId": w.vSwitch},
		"TagResources":                               {"ResourceType": "network", "ResourceId.1": w.network, "Tag.1.Key": "owner", "Tag.1.Value": "edge"},
		"UntagResources":                             {"ResourceType": "network", "ResourceId.1": w.network, "TagKey.1": "owner"},
		"ListTagResources":                           {"ResourceType": "network"},
		"CreateEipInstance":                          EIPParams(),
		"DescribeEnsEipAddresses":                    none,
		"AssociateEnsEipAddress":                     {"AllocationId": w.eip, "InstanceId": w.lb},
		"UnAssociateEnsEipAddress":                   {"AllocationId": w.usedEIP},
		"ModifyEnsEipAddressAttribute":               {"AllocationId": w.eip, "Name": "renamed"},
		"DeleteEip":                                  {"InstanceId": w.eip},
		"UploadUserCertificate":                      {"Name": "another", "Cert": w.pair.Chain, "Key": w.pair.Key},
		"GetUserCertificateDetail":                   {"CertId": w.used},
		"ListUserCertificateOrder":                   none,
		"DeleteUserCertificate":                      {"CertId": w.unused},
		"CreateUser":                                 {"UserName": "dave"},
		"GetUser":                                    alice,
		"ListUsers":                                  none,
		"DeleteUser":                                 {"UserName": "carol"},
		"CreateAccessKey":                            alice,
		"ListAccessKeys":                             alice,
		"UpdateAccessKey":                            {"UserName": "alice", "UserAccessKeyId": w.key, "Status": "Inactive"},
		"DeleteAccessKey":                            {"UserName": "alice", "UserAccessKeyId": w.key},
		"CreateLoginProfile":                         {"UserName": "bob", "Password": "staple-battery-horse"},
		"GetLoginProfile":                            alice,
		"UpdateLoginProfile":                         {"UserName": "alice", "PasswordResetRequired": "true"},
		"DeleteLoginProfile":                         alice,
		"ChangePassword":                             {"OldPassword": worldPassword, "NewPassword": "staple-battery-horse"},
		"CreatePolicy":                               {"PolicyName": "new", "PolicyDocument": allowAll},
		"GetPolicy":                                  {"PolicyType": "Custom", "PolicyName": "mine"},
		"ListPolicies":                               none,
		"UpdatePolicyDescription":                    {"PolicyName": "mine", "NewDescription": "another"},
		"ListEntitiesForPolicy":                      {"PolicyType": "Custom", "PolicyName": "shared"},
		"UnbindMFADevice":                            alice,
		"DeletePolicy":                               {"PolicyName": "free"},
		"AttachPolicyToUser":                         {"PolicyType": "Custom", "PolicyName": "free", "UserName": "alice"},
		"DetachPolicyFromUser":                       {"PolicyType": "Custom", "PolicyName": "mine", "UserName": "alice"},
		"ListPoliciesForUser":                        alice,
		"UpdateUser":                                 {"UserName": "alice", "NewDisplayName": "Alice B.", "NewUserName": "alice-b"},
		"CreatePolicyVersion":                        {"PolicyName": "mine", "PolicyDocument": allowAll, "SetAsDefault": "true"},
		"GetPolicyVersion":                           {"PolicyType": "Custom", "PolicyName": "mine", "VersionId": "v2"},
		"ListPolicyVersions":                         {"PolicyType": "Custom", "PolicyName": "mine"},
		"SetDefaultPolicyVersion":                    {"PolicyName": "mine", "VersionId": "v2"},
		"DeletePolicyVersion":                        {"PolicyName": "mine", "VersionId": "v2"},
		"CreateGroup":                                {"GroupName": "new"},
		"GetGroup":                                   operators,
		"ListGroups":                                 none,
		"UpdateGroup":                                with(operators, "NewGroupName", "renamed"),
		"DeleteGroup":                                {"GroupName": "empty"},
		"AddUserToGroup":                             {"GroupName": "empty", "UserName": "alice"},
		"RemoveUserFromGroup":                        with(operators, "UserName", "alice"),
		"ListUsersForGroup":                          operators,
		"ListGroupsForUser":                          alice,
		"AttachPolicyToGroup":                        {"PolicyType": "Custom", "PolicyName": "free", "GroupName": "operators"},
		"DetachPolicyFromGroup":                      {"PolicyType": "Custom", "PolicyName": "shared", "GroupName": "operators"},
		"ListPoliciesForGroup":                       operators,
		"CreateRole":                                 {"RoleName": "new", "AssumeRolePolicyDocument": trust(`{"RAM":["acs:ram::` + w.account + `:root"]}`)},
		"GetRole":                                    trusting,
		"ListRoles":                                  none,
		"UpdateRole":                                 with(trusting, "NewDescription", "changed"),
		"DeleteRole":                                 {"RoleName": "strange"},
		"AttachPolicyToRole":                         {"PolicyType": "Custom", "PolicyName": "free", "RoleName": "trusting"},
		"DetachPolicyFromRole":                       {"PolicyType": "Custom", "PolicyName": "shared", "RoleName": "trusting"},
		"ListPoliciesForRole":                        trusting,
		"AssumeRole":                                 {"RoleArn": "acs:ram::" + w.account + ":role/trusting", "RoleSessionName": "tests"},
		"GetCallerIdentity":                          none,
	}
	params, ok := all[name]
	if !ok {
		t.Fatalf("no valid call of %s", name)
	}
	return maps.Clone(params)
}

// hour adds a time range.
func hour(params map[string]string) map[string]string {
	return with(params, "StartTime", "2026-11-25T15:00:00Z", "EndTime", "2026-11-25 16:00:00")
}

// with returns a copy of params with further pairs of name and value.
func with(params map[string]string, pairs ...string) map[string]string {
	changed := maps.Clone(params)
	for pair := range slices.Chunk(pairs, 2) {
		changed[pair[0]] = pair[1]
	}
	return changed
}

// requestID matches the part in which two equal answers differ.
var requestID = regexp.MustCompile(`"RequestId":"[^"]*",?`)

// dump returns the whole state that the API shows: the answers of all operations that only
// read, for all resources.
func (w *world) dump(t testing.TB) string {
	t.Helper()
	var text strings.Builder
	ask := func(action string, params map[string]string, out any) {
		answer := w.must(t, action, params, out)
		fmt.Fprintf(&text, "%s %v %s\n", action, params, requestID.ReplaceAll(answer, nil))
	}
	var balancers struct {
		LoadBalancers struct {
			LoadBalancer []struct{ LoadBalancerID string }
		}
	}
	ask("DescribeLoadBalancers", map[string]string{"PageSize": "100"}, &balancers)
	for _, lb := range balancers.LoadBalancers.LoadBalancer {
		id := map[string]string{"LoadBalancerId": lb.LoadBalancerID}
		var listeners struct {
			Listeners struct {
				Listener []struct{ ListenerPort, Protocol string }
			}
		}
		ask("DescribeLoadBalancerAttribute", id, nil)
		ask("DescribeLoadBalancerListeners", id, &listeners)
		for _, l := range listeners.Listeners.Listener {
			ask("DescribeLoadBalancer"+strings.ToUpper(l.Protocol)+"ListenerAttribute", with(id, "ListenerPort", l.ListenerPort), nil)
		}
	}
	var certificates struct {
		CertificateOrderList []struct{ CertificateID int64 }
	}
	ask("ListUserCertificateOrder", nil, &certificates)
	for _, c := range certificates.CertificateOrderList {
		ask("GetUserCertificateDetail", map[string]string{"CertId": strconv.FormatInt(c.CertificateID, 10)}, nil)
	}
	var users struct {
		Users struct{ User []struct{ UserName string } }
	}
	ask("ListUsers", nil, &users)
	for _, u := range users.Users.User {
		for _, action := range []string{"GetUser", "ListAccessKeys", "ListPoliciesForUser", "ListGroupsForUser"} {
			ask(action, map[string]string{"UserName": u.UserName}, nil)
		}
		// A missing login profile is an error, which is a part of the state.
		answer, err := patient(t, w.Client, operation(t, "GetLoginProfile"), map[string]string{"UserName": u.UserName})
		fmt.Fprintf(&text, "GetLoginProfile %s %s %t\n", u.UserName, requestID.ReplaceAll(answer, nil), err == nil)
	}
	w.dumpNetworks(ask)
	for _, name := range []string{"operators", "empty"} {
		for _, action := range []string{"ListUsersForGroup", "ListPoliciesForGroup"} {
			ask(action, map[string]string{"GroupName": name}, nil)
		}
	}
	for _, name := range []string{"trusting", "strange"} {
		ask("ListPoliciesForRole", map[string]string{"RoleName": name}, nil)
	}
	ask("ListPolicyVersions", map[string]string{"PolicyType": "Custom", "PolicyName": "mine"}, nil)
	for _, action := range []string{"ListRoles", "ListGroups", "ListPolicies", "ListAccessKeys", "DescribeNetworks", "DescribeVSwitches", "DescribeEnsRegions", "DescribeInstances", "DescribeNetworkInterfaces"} {
		ask(action, nil, nil)
	}
	return text.String()
}

// dumpNetworks calls the operations that read networks, vSwitches and EIPs.
func (w *world) dumpNetworks(ask func(action string, params map[string]string, out any)) {
	var networks struct {
		Networks struct {
			Network []struct {
				NetworkID  string
				VSwitchIDs struct{ VSwitchID []string }
			}
		}
	}
	for _, kind := range []string{"network", "vswitch", "eip", "instance", "slb"} {
		ask("ListTagResources", map[string]string{"ResourceType": kind}, nil)
	}
	ask("DescribeEnsEipAddresses", map[string]string{"PageSize": "100"}, nil)
	ask("DescribeNetworks", map[string]string{"PageSize": "50"}, &networks)
	for _, n := range networks.Networks.Network {
		ask("DescribeNetworkAttribute", map[string]string{"NetworkId": n.NetworkID}, nil)
		for _, v := range n.VSwitchIDs.VSwitchID {
			ask("DescribeVSwitchAttributes", map[string]string{"VSwitchId": v}, nil)
		}
	}
}

// differences returns the lines that only one of two dumps has.
func differences(before, after string) string {
	old, new := strings.Split(before, "\n"), strings.Split(after, "\n")
	var text strings.Builder
	for _, line := range old {
		if !slices.Contains(new, line) {
			fmt.Fprintln(&text, "-", line)
		}
	}
	for _, line := range new {
		if !slices.Contains(old, line) {
			fmt.Fprintln(&text, "+", line)
		}
	}
	return text.String()
}

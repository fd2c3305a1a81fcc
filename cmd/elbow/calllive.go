package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"elbow/internal/answer"
	"elbow/internal/api"
)

// completionTime bounds a look-up while somebody waits for the Tab key.
const completionTime = 2 * time.Second

// A look-up finds the values that a parameter can have now: those of a field
// of what a list operation answers, with another one as their description.
type lookUp struct {
	operation string
	version   string
	with      string // a parameter that the look-up needs; "" if none
	pairs     string // JMESPath of [value, description] pairs
}

// lookUps are the parameters whose values the server knows.
var lookUps = map[string]lookUp{
	"LoadBalancerId":      {"DescribeLoadBalancers", api.EnsVersion, "", "LoadBalancers.LoadBalancer[].[LoadBalancerId, LoadBalancerName]"},
	"InstanceId":          {"DescribeLoadBalancers", api.EnsVersion, "", "LoadBalancers.LoadBalancer[].[LoadBalancerId, LoadBalancerName]"},
	"ListenerPort":        {"DescribeLoadBalancerListeners", api.EnsVersion, "LoadBalancerId", "Listeners.Listener[].[ListenerPort, Description]"},
	"EnsRegionId":         {"DescribeEnsRegions", api.EnsVersion, "", "EnsRegions.EnsRegions[].[EnsRegionId, Name]"},
	"NetworkId":           {"DescribeNetworks", api.EnsVersion, "", "Networks.Network[].[NetworkId, NetworkName]"},
	"VSwitchId":           {"DescribeVSwitches", api.EnsVersion, "", "VSwitches.VSwitch[].[VSwitchId, CidrBlock]"},
	"ServerCertificateId": {"ListUserCertificateOrder", api.CasVersion, "", "CertificateOrderList[].[CertificateId, Name]"},
	"CertId":              {"ListUserCertificateOrder", api.CasVersion, "", "CertificateOrderList[].[CertificateId, Name]"},
	"UserName":            {"ListUsers", api.RamVersion, "", "Users.User[].[UserName, DisplayName]"},
	"PolicyName":          {"ListPolicies", api.RamVersion, "", "Policies.Policy[].[PolicyName, Description]"},
	"UserAccessKeyId":     {"ListAccessKeys", api.RamVersion, "UserName", "AccessKeys.AccessKey[].[AccessKeyId, Status]"},
}

// created are the operations whose parameter of such a name is for something
// that is not there yet.
func created(op *api.Operation, name string) bool {
	switch op.Name + " " + name {
	case "CreateUser UserName", "CreatePolicy PolicyName", "CreateLoadBalancerHTTPSListener ListenerPort":
		return true
	}
	return false
}

// complete proposes what the server knows. Without a server there is nothing to
// propose: an error would only mess up the line that is being typed.
func (l lookUp) complete(access *access) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		found, err := l.find(cmd, access)
		if err != nil {
			cobra.CompDebugln(err.Error(), false)
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func (l lookUp) find(cmd *cobra.Command, access *access) ([]string, error) {
	params := make(map[string]string)
	if flag := cmd.Flag(l.with); flag != nil && flag.Changed {
		params[l.with] = flag.Value.String()
	}
	client, err := access.client()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	body, err := client.Call(ctx, l.version, l.operation, params)
	if err != nil {
		return nil, err
	}
	q, err := answer.ParseQuery(l.pairs)
	if err != nil {
		return nil, err
	}
	return pairs(q, body)
}

// pairs are the values and descriptions that q finds, as shells take them.
func pairs(q *answer.Query, body []byte) ([]string, error) {
	text, err := q.Search(body)
	if err != nil {
		return nil, err
	}
	var found [][2]json.RawMessage
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	proposals := make([]string, 0, len(found))
	for _, pair := range found {
		value, err := plainText(pair[0])
		if err != nil {
			return nil, err
		}
		if about, err := plainText(pair[1]); err == nil && about != "" && about != "null" {
			value = cobra.CompletionWithDesc(value, about)
		}
		proposals = append(proposals, value)
	}
	return proposals, nil
}

package api

import "elbow/internal/elb"

// A Kind is a kind of resource that calls identify by an ID or a name.
type Kind struct {
	List    string    // the operation that lists them
	Version string    // of List
	Within  string    // the parameter of List with the parent resource; "" where it lists all of the account
	With    []Example // further parameters of List
	Pairs   string    // JMESPath of the pairs [ID, description] in the answer of List

	NotFound ErrorID // the error for a resource that does not exist; "" if there is none
	Exists   ErrorID // the error for creating one whose name is in use; "" if there is none
}

// The kinds of resources.
var (
	loadBalancerKind = &Kind{
		List: "DescribeLoadBalancers", Version: EnsVersion,
		Pairs: "LoadBalancers.LoadBalancer[].[LoadBalancerId, LoadBalancerName]", NotFound: ErrLoadBalancerNotFound,
	}
	listenerKind = &Kind{
		List: "DescribeLoadBalancerListeners", Version: EnsVersion, Within: "LoadBalancerId",
		Pairs: "Listeners.Listener[].[ListenerPort, Description]", NotFound: ErrListenerNotFound, Exists: ErrListenerAlreadyExists,
	}
	instanceKind = &Kind{
		List: "DescribeInstances", Version: EnsVersion,
		Pairs: "Instances.Instance[].[InstanceId, InstanceName]", NotFound: ErrInstanceNotFound,
	}
	regionKind = &Kind{
		List: "DescribeEnsRegions", Version: EnsVersion,
		Pairs: "EnsRegions.EnsRegions[].[EnsRegionId, Name]", NotFound: ErrRegionNotFound,
	}
	networkKind = &Kind{
		List: "DescribeNetworks", Version: EnsVersion,
		Pairs: "Networks.Network[].[NetworkId, NetworkName]", NotFound: ErrNetworkNotFound,
	}
	vSwitchKind = &Kind{
		List: "DescribeVSwitches", Version: EnsVersion,
		Pairs: "VSwitches.VSwitch[].[VSwitchId, CidrBlock]", NotFound: ErrVSwitchNotFound,
	}
	eipKind = &Kind{
		List: "DescribeEnsEipAddresses", Version: EnsVersion,
		Pairs: "EipAddresses.EipAddress[].[AllocationId, IpAddress]", NotFound: ErrEIPNotFound,
	}
	serverCertificateKind = &Kind{ // as used by listeners
		List: "ListUserCertificateOrder", Version: CasVersion,
		Pairs: "CertificateOrderList[].[CertificateId, Name]", NotFound: ErrServerCertificateNotFound,
	}
	certificateKind = &Kind{ // as used by the certificate service
		List: "ListUserCertificateOrder", Version: CasVersion,
		Pairs: "CertificateOrderList[].[CertificateId, Name]", NotFound: ErrCertificateNotFound,
	}
	certificateNameKind = &Kind{
		List: "ListUserCertificateOrder", Version: CasVersion,
		Pairs: "CertificateOrderList[].[Name, CommonName]", Exists: ErrCertificateExists,
	}
	userKind = &Kind{
		List: "ListUsers", Version: RamVersion,
		Pairs: "Users.User[].[UserName, DisplayName]", NotFound: ErrUserNotExist, Exists: ErrUserExists,
	}
	policyKind = &Kind{
		List: "ListPolicies", Version: RamVersion,
		Pairs: "Policies.Policy[].[PolicyName, Description]", NotFound: ErrPolicyNotExist, Exists: ErrPolicyExists,
	}
	groupKind = &Kind{
		List: "ListGroups", Version: RamVersion,
		Pairs: "Groups.Group[].[GroupName, Comments]", NotFound: ErrGroupNotExist, Exists: ErrGroupExists,
	}
	roleKind = &Kind{
		List: "ListRoles", Version: RamVersion,
		Pairs: "Roles.Role[].[RoleName, Description]", NotFound: ErrRoleNotExist, Exists: ErrRoleExists,
	}
	roleARNKind = &Kind{
		List: "ListRoles", Version: RamVersion,
		Pairs: "Roles.Role[].[Arn, Description]", NotFound: ErrRoleNotExist,
	}
	policyVersionKind = &Kind{
		List: "ListPolicyVersions", Version: RamVersion, Within: "PolicyName", With: []Example{{"PolicyType", elb.CustomPolicy}},
		Pairs: "PolicyVersions.PolicyVersion[].[VersionId, CreateDate]", NotFound: ErrPolicyVersionNotExist,
	}
	accessKeyKind = &Kind{
		List: "ListAccessKeys", Version: RamVersion, Within: "UserName",
		Pairs: "AccessKeys.AccessKey[].[AccessKeyId, Status]", NotFound: ErrAccessKeyNotExist,
	}
)

// Concerns reports whether an error with this code is about the value of the
// parameter: the resource does not exist, or exists already, or the value is
// refused by its own rule.
func (p Param) Concerns(code string) bool {
	for _, id := range p.errors() {
		if errorRow(id).Code == code {
			return true
		}
	}
	return false
}

func (p Param) errors() []ErrorID {
	all := p.Errors
	if p.Names != nil {
		id := p.Names.NotFound
		if p.New {
			id = p.Names.Exists
		}
		if id != "" {
			all = append(all[:len(all):len(all)], id)
		}
	}
	return all
}

// toCreate is the row of a name that the call creates.
func toCreate(p Param) Param {
	p.New = true
	return p
}

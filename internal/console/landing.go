package console

import (
	"net/url"
	"slices"
	"strings"
)

// landing returns the page, or the nearest page above it, that the visitor may see: a
// visitor may be allowed to create an object and not to read it.
func (v *visit) landing(page string) string {
	for page != "" {
		if name, params := shownBy(page); name != "" && v.mayCall(operation(name), params) {
			return page
		}
		page = page[:max(strings.LastIndexByte(page, '/'), 0)]
	}
	return page
}

// shownBy returns the call that a page needs; "" if there is no such page, as for a
// partial address.
func shownBy(page string) (name string, params map[string]string) {
	parts := strings.Split(page, "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i]) // the segments were escaped before
	}
	lists := map[string]string{
		"load-balancers": "DescribeLoadBalancers", "certificates": "ListUserCertificateOrder", "users": "ListUsers", "policies": "ListPolicies",
		"groups": "ListGroups", "roles": "ListRoles", "networks": "DescribeNetworks", "eips": "DescribeEnsEipAddresses", "instances": "DescribeInstances",
	}
	switch section := parts[0]; {
	case len(parts) == 1:
		return lists[section], nil
	case section == "load-balancers" && len(parts) == 2:
		return "DescribeLoadBalancerAttribute", nil
	case section == "load-balancers" && len(parts) == 5 && slices.Contains(protocols(), strings.ToUpper(parts[3])):
		return "DescribeLoadBalancer" + strings.ToUpper(parts[3]) + "ListenerAttribute", nil
	case section == "networks" && len(parts) == 2:
		return "DescribeNetworkAttribute", nil
	case section == "networks" && len(parts) == 4:
		return "DescribeVSwitchAttributes", nil
	case section == "instances" && len(parts) == 2:
		return "DescribeInstances", nil
	case section == "eips" && len(parts) == 2:
		return "DescribeEnsEipAddresses", nil
	case section == "certificates" && len(parts) == 2:
		return "GetUserCertificateDetail", nil
	case section == "users" && len(parts) == 2:
		return "GetUser", map[string]string{"UserName": parts[1]}
	case section == "groups" && len(parts) == 2:
		return "GetGroup", map[string]string{"GroupName": parts[1]}
	case section == "roles" && len(parts) == 2:
		return "GetRole", map[string]string{"RoleName": parts[1]}
	case section == "policies" && len(parts) == 3:
		return "GetPolicy", map[string]string{"PolicyType": parts[1], "PolicyName": parts[2]}
	}
	return "", nil
}

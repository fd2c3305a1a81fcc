package elbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A refusal is a call that ends with an error: the valid call of the operation with
// changes. Setup, if there is one, runs before it.
type refusal struct {
	op      string
	want    api.ErrorID
	changes map[string]string
	setup   func(w *world, t *testing.T)
}

// refusals has, for every operation, each error of its list that depends on what the
// operation does. The errors that all operations have in common are in
// TestErrorsOfEveryOperation.
func refusals(w *world) []refusal {
	lb := func(id string) map[string]string { return map[string]string{"LoadBalancerId": id} }
	none, inactive := lb("lb-none"), lb(w.inactive)
	port := map[string]string{"ListenerPort": "9999"}
	servers := func(text string) map[string]string { return map[string]string{"BackendServers": text} }
	absent := servers(`[{"ServerId":"i-absent","Ip":"127.0.0.1","Port":"1","Weight":"1"}]`)
	nobody := map[string]string{"UserName": "nobody"}
	noRole := map[string]string{"RoleName": "no-such"}
	policy, noGroup := map[string]string{"PolicyName": "no-such"}, map[string]string{"GroupName": "no-such"}
	eip := map[string]string{"AllocationId": "eip-none"}
	return []refusal{
		{"CreateLoadBalancer", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"CreateLoadBalancer", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"CreateLoadBalancer", api.ErrVSwitchNotFound, map[string]string{"VSwitchId": "vsw-none"}, nil},
		{"CreateLoadBalancer", api.ErrIdempotentMismatch, map[string]string{"ClientToken": "t", "LoadBalancerName": "other"}, func(w *world, t *testing.T) {
			w.must(t, "CreateLoadBalancer", with(LoadBalancerParams(), "ClientToken", "t"), nil)
		}},
		{"ModifyLoadBalancerAttribute", api.ErrLoadBalancerNotFound, none, nil},
		{"SetLoadBalancerStatus", api.ErrLoadBalancerNotFound, none, nil},
		{"DeleteLoadBalancer", api.ErrLoadBalancerGone, none, nil},
		{"ReleaseInstance", api.ErrInstanceNotFound, map[string]string{"InstanceId": "x-none"}, nil},
		{"ReleaseInstance", api.ErrIncorrectInstanceStatus, map[string]string{"InstanceId": "vsw-default"}, nil},
		{"ReleaseInstance", api.ErrEIPGone, map[string]string{"InstanceId": "eip-none"}, nil},
		{"ReleaseInstance", api.ErrEIPStatus, map[string]string{"InstanceId": w.usedEIP}, nil},
		{"ReleaseInstance", api.ErrLoadBalancerNotFound, map[string]string{"InstanceId": "lb-none"}, nil},

		{"CreateLoadBalancerHTTPSListener", api.ErrLoadBalancerNotFound, none, nil},
		{"CreateLoadBalancerHTTPSListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"CreateLoadBalancerHTTPSListener", api.ErrServerCertificateNotFound, map[string]string{"ServerCertificateId": "1"}, nil},
		{"CreateLoadBalancerHTTPSListener", api.ErrListenerAlreadyExists, map[string]string{"ListenerPort": "8443"}, nil},
		{"SetLoadBalancerHTTPSListenerAttribute", api.ErrLoadBalancerNotFound, none, nil},
		{"SetLoadBalancerHTTPSListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"SetLoadBalancerHTTPSListenerAttribute", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"SetLoadBalancerHTTPSListenerAttribute", api.ErrServerCertificateNotFound, map[string]string{"ServerCertificateId": "1"}, nil},
		{"DescribeLoadBalancerHTTPSListenerAttribute", api.ErrLoadBalancerGone, none, nil},
		{"DescribeLoadBalancerHTTPSListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"CreateLoadBalancerHTTPListener", api.ErrLoadBalancerNotFound, none, nil},
		{"CreateLoadBalancerHTTPListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"CreateLoadBalancerHTTPListener", api.ErrListenerAlreadyExists, map[string]string{"ListenerPort": "8080"}, nil},
		{"SetLoadBalancerHTTPListenerAttribute", api.ErrLoadBalancerNotFound, none, nil},
		{"SetLoadBalancerHTTPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"SetLoadBalancerHTTPListenerAttribute", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"DescribeLoadBalancerHTTPListenerAttribute", api.ErrLoadBalancerGone, none, nil},
		{"DescribeLoadBalancerHTTPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"DeleteLoadBalancerHTTPListener", api.ErrLoadBalancerGone, none, nil},
		{"DeleteLoadBalancerHTTPListener", api.ErrListenerNotFound, port, nil},
		{"DeleteLoadBalancerHTTPListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"CreateLoadBalancerTCPListener", api.ErrLoadBalancerNotFound, none, nil},
		{"CreateLoadBalancerTCPListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"CreateLoadBalancerTCPListener", api.ErrListenerAlreadyExists, map[string]string{"ListenerPort": "8081"}, nil},
		{"SetLoadBalancerTCPListenerAttribute", api.ErrLoadBalancerNotFound, none, nil},
		{"SetLoadBalancerTCPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"SetLoadBalancerTCPListenerAttribute", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"DescribeLoadBalancerTCPListenerAttribute", api.ErrLoadBalancerGone, none, nil},
		{"DescribeLoadBalancerTCPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"CreateLoadBalancerTCPListener", api.ErrIdempotentMismatch, map[string]string{"ClientToken": "l", "Scheduler": "rr"}, func(w *world, t *testing.T) {
			w.must(t, "CreateLoadBalancerTCPListener", map[string]string{"LoadBalancerId": w.lb, "ListenerPort": "9443", "ClientToken": "l"}, nil)
		}},
		{"CreateLoadBalancerUDPListener", api.ErrLoadBalancerNotFound, none, nil},
		{"CreateLoadBalancerUDPListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"CreateLoadBalancerUDPListener", api.ErrListenerAlreadyExists, map[string]string{"ListenerPort": "8082"}, nil},
		{"SetLoadBalancerUDPListenerAttribute", api.ErrLoadBalancerNotFound, none, nil},
		{"SetLoadBalancerUDPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"SetLoadBalancerUDPListenerAttribute", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"DescribeLoadBalancerUDPListenerAttribute", api.ErrLoadBalancerGone, none, nil},
		{"DescribeLoadBalancerUDPListenerAttribute", api.ErrListenerNotFound, port, nil},
		{"DescribeLoadBalancerListeners", api.ErrLoadBalancerNotFound, none, nil},
		{"StartLoadBalancerListener", api.ErrTooManyListeners, nil, (*world).sharePort},
		{"StartLoadBalancerListener", api.ErrLoadBalancerNotFound, none, nil},
		{"StartLoadBalancerListener", api.ErrListenerNotFound, port, nil},
		{"StartLoadBalancerListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"StopLoadBalancerListener", api.ErrTooManyListeners, nil, (*world).sharePort},
		{"StopLoadBalancerListener", api.ErrLoadBalancerNotFound, none, nil},
		{"StopLoadBalancerListener", api.ErrListenerNotFound, port, nil},
		{"StopLoadBalancerListener", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"DeleteLoadBalancerListener", api.ErrTooManyListeners, nil, (*world).sharePort},
		{"DeleteLoadBalancerListener", api.ErrLoadBalancerGone, none, nil},
		{"DeleteLoadBalancerListener", api.ErrListenerNotFound, port, nil},
		{"DeleteLoadBalancerListener", api.ErrIncorrectInstanceStatus, inactive, nil},

		{"AddBackendServers", api.ErrLoadBalancerNotFound, none, nil},
		{"AddBackendServers", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"AddBackendServers", api.ErrBackendServerExists, servers(`[{"ServerId":"i-there","Ip":"127.0.0.1","Port":"1"}]`), nil},
		{"AddBackendServers", api.ErrTooManyBackendServers, nil, (*world).fillPool},
		{"SetBackendServers", api.ErrLoadBalancerNotFound, none, nil},
		{"SetBackendServers", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"SetBackendServers", api.ErrBackendServerNotFound, absent, nil},
		{"RemoveBackendServers", api.ErrLoadBalancerNotFound, none, nil},
		{"RemoveBackendServers", api.ErrIncorrectInstanceStatus, inactive, nil},
		{"RemoveBackendServers", api.ErrBackendServerNotFound, absent, nil},

		{"RegisterInstance", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"RegisterInstance", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"RegisterInstance", api.ErrVSwitchNotFound, map[string]string{"VSwitchId": "vsw-none"}, nil},
		{"DeregisterInstance", api.ErrInstanceNotFound, map[string]string{"InstanceId": "i-none"}, nil},
		{"DeregisterInstanceRange", api.ErrInstanceNotFound, map[string]string{"CidrBlock": "10.8.0.0/16"}, nil},

		{"CreateNetwork", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"DescribeRegionIsps", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"DescribeNetworkAttribute", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"ModifyNetworkAttribute", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"DeleteNetwork", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"DeleteNetwork", api.ErrIncorrectInstanceStatus, map[string]string{"NetworkId": w.network}, nil},
		{"CreateVSwitch", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"CreateVSwitch", api.ErrNetworkNotFound, map[string]string{"NetworkId": "n-none"}, nil},
		{"DescribeVSwitchAttributes", api.ErrVSwitchNotFound, map[string]string{"VSwitchId": "vsw-none"}, nil},
		{"ModifyVSwitchAttribute", api.ErrVSwitchNotFound, map[string]string{"VSwitchId": "vsw-none"}, nil},
		{"DeleteVSwitch", api.ErrVSwitchNotFound, map[string]string{"VSwitchId": "vsw-none"}, nil},
		{"DeleteVSwitch", api.ErrIncorrectInstanceStatus, map[string]string{"VSwitchId": "vsw-default"}, nil},

		{"TagResources", api.ErrResourceNotFound, map[string]string{"ResourceId.2": "n-none"}, nil},
		{"UntagResources", api.ErrResourceNotFound, map[string]string{"ResourceId.2": "n-none"}, nil},
		{"CreateEipInstance", api.ErrRegionNotFound, map[string]string{"EnsRegionId": "moon"}, nil},
		{"CreateEipInstance", api.ErrIdempotentMismatch, map[string]string{"ClientToken": "e", "Name": "other"}, func(w *world, t *testing.T) {
			w.must(t, "CreateEipInstance", with(EIPParams(), "ClientToken", "e"), nil)
		}},
		{"AssociateEnsEipAddress", api.ErrEIPNotFound, eip, nil},
		{"AssociateEnsEipAddress", api.ErrLoadBalancerNotFound, map[string]string{"InstanceId": "lb-none"}, nil},
		{"AssociateEnsEipAddress", api.ErrEIPStatus, map[string]string{"AllocationId": w.usedEIP, "InstanceId": w.inactive}, nil},
		{"AssociateEnsEipAddress", api.ErrTooManyEIPs, nil, (*world).fillEIPs},
		{"UnAssociateEnsEipAddress", api.ErrEIPNotFound, eip, nil},
		{"UnAssociateEnsEipAddress", api.ErrEIPStatus, map[string]string{"AllocationId": w.eip}, nil},
		{"ModifyEnsEipAddressAttribute", api.ErrEIPNotFound, eip, nil},
		{"DeleteEip", api.ErrEIPNotFound, map[string]string{"InstanceId": "eip-none"}, nil},
		{"DeleteEip", api.ErrEIPStatus, map[string]string{"InstanceId": w.usedEIP}, nil},
		{"CreateEipInstance", api.ErrEIPPoolEmpty, nil, (*world).drainPool},

		{"DescribeLoadBalancerListenMonitor", api.ErrLoadBalancerNotFound, none, nil},
		{"DescribeLoadBalancerListenMonitor", api.ErrListenerNotFound, map[string]string{"VPort": "9999"}, nil},
		{"DescribeLoadBalancerListenMonitor", api.ErrListenerNotFound, map[string]string{"Proto": "tcp"}, nil},
		{"DescribeServerLoadBalancerListenMonitor", api.ErrLoadBalancerNotFound, none, nil},
		{"DescribeServerLoadBalancerListenMonitor", api.ErrListenerNotFound, map[string]string{"VPort": "9999"}, nil},
		{"DescribeServerLoadBalancerMonitor", api.ErrLoadBalancerNotFound, none, nil},

		{"UploadUserCertificate", api.ErrInvalidCertificate, map[string]string{"Cert": "no PEM"}, nil},
		{"UploadUserCertificate", api.ErrCertificateExists, map[string]string{"Name": "used"}, nil},
		{"GetUserCertificateDetail", api.ErrCertificateNotFound, map[string]string{"CertId": "1"}, nil},
		{"DeleteUserCertificate", api.ErrCertificateNotFound, map[string]string{"CertId": "1"}, nil},
		{"DeleteUserCertificate", api.ErrCertificateInUse, map[string]string{"CertId": w.used}, nil},

		{"CreateUser", api.ErrUserExists, map[string]string{"UserName": "alice"}, nil},
		{"GetUser", api.ErrUserNotExist, nobody, nil},
		{"DeleteUser", api.ErrUserNotExist, nobody, nil},
		{"DeleteUser", api.ErrDeleteConflictAccessKey, map[string]string{"UserName": "bob"}, nil},
		{"DeleteUser", api.ErrDeleteConflictPolicy, nil, func(w *world, t *testing.T) {
			w.must(t, "AttachPolicyToUser", map[string]string{"PolicyType": "Custom", "PolicyName": "mine", "UserName": "carol"}, nil)
		}},
		{"CreateAccessKey", api.ErrUserNotExist, nobody, nil},
		{"CreateAccessKey", api.ErrLimitExceededAccessKey, nil, func(w *world, t *testing.T) { w.newKey(t, "alice") }},
		{"ListAccessKeys", api.ErrUserNotExist, nobody, nil},
		{"UpdateAccessKey", api.ErrUserNotExist, nobody, nil},
		{"UpdateAccessKey", api.ErrAccessKeyNotExist, map[string]string{"UserAccessKeyId": w.loneKey}, nil},
		{"DeleteAccessKey", api.ErrUserNotExist, nobody, nil},
		{"DeleteAccessKey", api.ErrAccessKeyNotExist, map[string]string{"UserAccessKeyId": w.loneKey}, nil},

		{"CreateLoginProfile", api.ErrUserNotExist, nobody, nil},
		{"CreateLoginProfile", api.ErrLoginProfileExists, map[string]string{"UserName": "alice"}, nil},
		{"GetLoginProfile", api.ErrUserNotExist, nobody, nil},
		{"GetLoginProfile", api.ErrLoginProfileNotExist, map[string]string{"UserName": "bob"}, nil},
		{"UpdateLoginProfile", api.ErrUserNotExist, nobody, nil},
		{"UpdateLoginProfile", api.ErrLoginProfileNotExist, map[string]string{"UserName": "bob"}, nil},
		{"DeleteLoginProfile", api.ErrUserNotExist, nobody, nil},
		{"DeleteLoginProfile", api.ErrLoginProfileNotExist, map[string]string{"UserName": "bob"}, nil},
		{"ChangePassword", api.ErrWrongPassword, map[string]string{"OldPassword": "a-wrong-password"}, nil},
		{"ChangePassword", api.ErrLoginProfileNotExist, nil, func(w *world, t *testing.T) {
			w.must(t, "DeleteLoginProfile", map[string]string{"UserName": "erin"}, nil)
		}},

		{"CreatePolicy", api.ErrPolicyExists, map[string]string{"PolicyName": "mine"}, nil},
		{"CreatePolicy", api.ErrMalformedPolicyDocument, map[string]string{"PolicyDocument": `{"Version":"2"}`}, nil},
		{"GetPolicy", api.ErrPolicyNotExist, policy, nil},
		{"DeletePolicy", api.ErrPolicyNotExist, policy, nil},
		{"DeletePolicy", api.ErrDeleteConflictUser, map[string]string{"PolicyName": "mine"}, nil},
		{"AttachPolicyToUser", api.ErrUserNotExist, nobody, nil},
		{"AttachPolicyToUser", api.ErrPolicyNotExist, policy, nil},
		{"AttachPolicyToUser", api.ErrUserPolicyExists, map[string]string{"PolicyName": "mine"}, nil},
		{"AttachPolicyToUser", api.ErrLimitExceededPolicy, nil, (*world).fillPolicies},
		{"DetachPolicyFromUser", api.ErrUserNotExist, nobody, nil},
		{"DetachPolicyFromUser", api.ErrPolicyNotExist, policy, nil},
		{"DetachPolicyFromUser", api.ErrUserPolicyNotExist, map[string]string{"PolicyName": "free"}, nil},
		{"ListPoliciesForUser", api.ErrUserNotExist, nobody, nil},
		{"UpdateUser", api.ErrUserNotExist, nobody, nil},
		{"UpdateUser", api.ErrUserExists, map[string]string{"NewUserName": "bob"}, nil},
		{"DeleteUser", api.ErrDeleteConflictUserGroup, map[string]string{"UserName": "dora"}, func(w *world, t *testing.T) {
			w.must(t, "CreateUser", map[string]string{"UserName": "dora"}, nil)
			w.must(t, "AddUserToGroup", map[string]string{"UserName": "dora", "GroupName": "empty"}, nil)
		}},
		{"DeletePolicy", api.ErrDeleteConflictPolicyGroup, map[string]string{"PolicyName": "shared"}, nil},
		{"DeletePolicy", api.ErrDeleteConflictPolicyVersion, map[string]string{"PolicyName": "twice"}, func(w *world, t *testing.T) {
			w.must(t, "CreatePolicy", map[string]string{"PolicyName": "twice", "PolicyDocument": allowAll}, nil)
			w.must(t, "CreatePolicyVersion", map[string]string{"PolicyName": "twice", "PolicyDocument": allowAll}, nil)
		}},

		{"UpdatePolicyDescription", api.ErrPolicyNotExist, policy, nil},
		{"ListEntitiesForPolicy", api.ErrPolicyNotExist, policy, nil},
		{"UnbindMFADevice", api.ErrUserNotExist, nobody, nil},
		{"CreatePolicyVersion", api.ErrPolicyNotExist, policy, nil},
		{"CreatePolicyVersion", api.ErrMalformedPolicyDocument, map[string]string{"PolicyDocument": "{}"}, nil},
		{"CreatePolicyVersion", api.ErrLimitExceededVersion, map[string]string{"PolicyName": "full"}, (*world).fillVersions},
		{"GetPolicyVersion", api.ErrPolicyNotExist, policy, nil},
		{"GetPolicyVersion", api.ErrPolicyVersionNotExist, map[string]string{"VersionId": "v9"}, nil},
		{"ListPolicyVersions", api.ErrPolicyNotExist, policy, nil},
		{"SetDefaultPolicyVersion", api.ErrPolicyNotExist, policy, nil},
		{"SetDefaultPolicyVersion", api.ErrPolicyVersionNotExist, map[string]string{"VersionId": "v9"}, nil},
		{"DeletePolicyVersion", api.ErrPolicyNotExist, policy, nil},
		{"DeletePolicyVersion", api.ErrPolicyVersionNotExist, map[string]string{"VersionId": "v9"}, nil},
		{"DeletePolicyVersion", api.ErrDeleteConflictDefault, map[string]string{"VersionId": "v1"}, nil},

		{"CreateGroup", api.ErrGroupExists, map[string]string{"GroupName": "operators"}, nil},
		{"GetGroup", api.ErrGroupNotExist, noGroup, nil},
		{"UpdateGroup", api.ErrGroupNotExist, noGroup, nil},
		{"UpdateGroup", api.ErrGroupExists, map[string]string{"NewGroupName": "empty"}, nil},
		{"DeleteGroup", api.ErrGroupNotExist, noGroup, nil},
		{"DeleteGroup", api.ErrDeleteConflictGroupUser, map[string]string{"GroupName": "operators"}, nil},
		{"DeleteGroup", api.ErrDeleteConflictGroupPolicy, map[string]string{"GroupName": "held"}, func(w *world, t *testing.T) {
			w.must(t, "CreateGroup", map[string]string{"GroupName": "held"}, nil)
			w.must(t, "AttachPolicyToGroup", map[string]string{"GroupName": "held", "PolicyType": "Custom", "PolicyName": "mine"}, nil)
		}},
		{"AddUserToGroup", api.ErrUserNotExist, nobody, nil},
		{"AddUserToGroup", api.ErrGroupNotExist, noGroup, nil},
		{"AddUserToGroup", api.ErrUserGroupExists, map[string]string{"GroupName": "operators"}, nil},
		{"AddUserToGroup", api.ErrLimitExceededUserGroup, nil, (*world).fillGroups},
		{"RemoveUserFromGroup", api.ErrUserNotExist, nobody, nil},
		{"RemoveUserFromGroup", api.ErrGroupNotExist, noGroup, nil},
		{"RemoveUserFromGroup", api.ErrUserGroupNotExist, map[string]string{"UserName": "bob"}, nil},
		{"ListUsersForGroup", api.ErrGroupNotExist, noGroup, nil},
		{"ListGroupsForUser", api.ErrUserNotExist, nobody, nil},
		{"AttachPolicyToGroup", api.ErrGroupNotExist, noGroup, nil},
		{"AttachPolicyToGroup", api.ErrPolicyNotExist, policy, nil},
		{"AttachPolicyToGroup", api.ErrGroupPolicyExists, map[string]string{"PolicyName": "shared"}, nil},
		{"AttachPolicyToGroup", api.ErrLimitExceededGroupPolicy, nil, (*world).fillGroupPolicies},
		{"DetachPolicyFromGroup", api.ErrGroupNotExist, noGroup, nil},
		{"DetachPolicyFromGroup", api.ErrPolicyNotExist, policy, nil},
		{"DetachPolicyFromGroup", api.ErrGroupPolicyNotExist, map[string]string{"PolicyName": "free"}, nil},
		{"ListPoliciesForGroup", api.ErrGroupNotExist, noGroup, nil},

		{"CreateRole", api.ErrRoleExists, map[string]string{"RoleName": "strange"}, nil},
		{"CreateRole", api.ErrMalformedPolicyDocument, map[string]string{"AssumeRolePolicyDocument": trust("{}")}, nil},
		{"GetRole", api.ErrRoleNotExist, noRole, nil},
		{"UpdateRole", api.ErrRoleNotExist, noRole, nil},
		{"UpdateRole", api.ErrMalformedPolicyDocument, map[string]string{"NewAssumeRolePolicyDocument": allowAll}, nil},
		{"DeleteRole", api.ErrRoleNotExist, noRole, nil},
		{"DeleteRole", api.ErrDeleteConflictRolePolicy, map[string]string{"RoleName": "trusting"}, nil},
		{"AttachPolicyToRole", api.ErrRoleNotExist, noRole, nil},
		{"AttachPolicyToRole", api.ErrPolicyNotExist, policy, nil},
		{"AttachPolicyToRole", api.ErrRolePolicyExists, map[string]string{"PolicyName": "shared"}, nil},
		{"AttachPolicyToRole", api.ErrLimitExceededRolePolicy, nil, (*world).fillRolePolicies},
		{"DetachPolicyFromRole", api.ErrRoleNotExist, noRole, nil},
		{"DetachPolicyFromRole", api.ErrPolicyNotExist, policy, nil},
		{"DetachPolicyFromRole", api.ErrRolePolicyNotExist, map[string]string{"PolicyName": "free"}, nil},
		{"ListPoliciesForRole", api.ErrRoleNotExist, noRole, nil},
		{"DeletePolicy", api.ErrDeleteConflictPolicyRole, map[string]string{"PolicyName": "of-a-role"}, func(w *world, t *testing.T) {
			w.must(t, "CreatePolicy", map[string]string{"PolicyName": "of-a-role", "PolicyDocument": allowAll}, nil)
			w.must(t, "AttachPolicyToRole", map[string]string{"PolicyType": "Custom", "PolicyName": "of-a-role", "RoleName": "strange"}, nil)
		}},
		{"AssumeRole", api.ErrRoleNotExist, map[string]string{"RoleArn": "acs:ram::" + w.account + ":role/no-such"}, nil},
		{"AssumeRole", api.ErrMalformedPolicyDocument, map[string]string{"Policy": "{}"}, nil},
		{"AssumeRole", api.ErrNotTrusted, map[string]string{"RoleArn": "acs:ram::" + w.account + ":role/strange"}, nil},
		{"CreateLoadBalancer", api.ErrVSwitchFull, nil, (*world).fillVSwitch},
	}
}

// fillPool adds as many backends as the load balancer accepts: 20 with one call, then one
// by one.
func (w *world) fillPool(t *testing.T) {
	add := func(n int, prefix string) {
		w.untilRefused(t, "AddBackendServers", func(batch int) map[string]string {
			var items []map[string]string
			for i := range n {
				items = append(items, map[string]string{"ServerId": fmt.Sprintf("i-%s%d-%d", prefix, batch, i), "Ip": "127.0.0.1", "Port": "1"})
			}
			text, _ := json.Marshal(items) // maps of strings can always be marshalled
			return map[string]string{"LoadBalancerId": w.lb, "BackendServers": string(text)}
		})
	}
	add(20, "")
	add(1, "last-")
}

// untilRefused makes calls of an operation, with params(i) for the i-th, until one is
// refused. The call under test shows whether that was the expected error.
func (w *world) untilRefused(t *testing.T, action string, params func(i int) map[string]string) {
	for i := 0; ; i++ {
		if _, err := patient(t, w.Client, operation(t, action), params(i)); err != nil {
			return
		}
	}
}

// fillEIPs gives the load balancer the maximum number of EIPs.
func (w *world) fillEIPs(t *testing.T) {
	w.untilRefused(t, "AssociateEnsEipAddress", func(int) map[string]string {
		return map[string]string{"AllocationId": w.newEIP(t), "InstanceId": w.lb}
	})
}

// drainPool allocates EIPs until none is left.
func (w *world) drainPool(t *testing.T) {
	w.untilRefused(t, "CreateEipInstance", func(int) map[string]string { return EIPParams() })
}

// fillVSwitch creates load balancers until no address is left.
func (w *world) fillVSwitch(t *testing.T) {
	w.untilRefused(t, "CreateLoadBalancer", func(int) map[string]string { return LoadBalancerParams() })
}

// attachUntilRefused attaches new policies, named with a prefix, to a user, group or role.
func (w *world) attachUntilRefused(t *testing.T, action, prefix, kind, name string) {
	w.untilRefused(t, action, func(i int) map[string]string {
		policy := fmt.Sprintf("%s-%d", prefix, i)
		w.must(t, "CreatePolicy", map[string]string{"PolicyName": policy, "PolicyDocument": allowAll}, nil)
		return map[string]string{"PolicyType": "Custom", "PolicyName": policy, kind: name}
	})
}

// fillPolicies attaches the maximum number of policies to alice.
func (w *world) fillPolicies(t *testing.T) {
	w.attachUntilRefused(t, "AttachPolicyToUser", "p", "UserName", "alice")
}

// fillGroupPolicies attaches the maximum number of policies to the group operators.
func (w *world) fillGroupPolicies(t *testing.T) {
	w.attachUntilRefused(t, "AttachPolicyToGroup", "gp", "GroupName", "operators")
}

// fillRolePolicies attaches the maximum number of policies to a role.
func (w *world) fillRolePolicies(t *testing.T) {
	w.attachUntilRefused(t, "AttachPolicyToRole", "rp", "RoleName", "trusting")
}

// fillVersions creates a policy with the maximum number of versions.
func (w *world) fillVersions(t *testing.T) {
	full := map[string]string{"PolicyName": "full", "PolicyDocument": allowAll}
	w.must(t, "CreatePolicy", full, nil)
	for range 4 {
		w.must(t, "CreatePolicyVersion", full, nil)
	}
}

// fillGroups adds alice to the maximum number of groups.
func (w *world) fillGroups(t *testing.T) {
	w.untilRefused(t, "AddUserToGroup", func(i int) map[string]string {
		name := fmt.Sprintf("g-%d", i)
		w.must(t, "CreateGroup", map[string]string{"GroupName": name}, nil)
		return map[string]string{"GroupName": name, "UserName": "alice"}
	})
}

func TestErrorsOfOperations(t *testing.T) {
	t.Parallel()
	w := newSmallWorld(t)
	for _, r := range refusals(w) {
		t.Run(r.op+" "+string(r.want), func(t *testing.T) {
			if r.setup != nil {
				r.setup(w, t)
			}
			params := w.valid(t, r.op)
			maps.Copy(params, r.changes)
			before := w.dump(t)
			_, err := patient(t, w.by(r.op), operation(t, r.op), params)
			w.isRow(t, err, r.want)
			if after := w.dump(t); after != before {
				t.Errorf("the refused call changed something:\n%s", differences(before, after))
			}
		})
	}
}

// newSmallWorld returns a world with a vSwitch that can be filled.
func newSmallWorld(t *testing.T) *world {
	t.Helper()
	vswitch := strings.TrimSuffix(freeVSwitch(), "/20") + "/28"
	return newWorldOn(t, Options{VSwitch: vswitch})
}

// isRow checks that an error is the one that a row of the table describes.
func (w *world) isRow(t *testing.T, err error, id api.ErrorID) {
	t.Helper()
	got, ok := errors.AsType[*rpc.Error](err)
	if !ok {
		t.Errorf("got %v, want %s", err, id)
		return
	}
	i := slices.IndexFunc(api.ErrorTable, func(r api.ErrorRow) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("%s is not in the table", id)
	}
	row := api.ErrorTable[i]
	if got.Status != row.Status || !like(row.Code, got.Code) || !like(row.Message, got.Message) {
		t.Errorf("got %d %s %q, want %d %s %q", got.Status, got.Code, got.Message, row.Status, row.Code, row.Message)
	}
	if !regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`).MatchString(got.RequestID) {
		t.Errorf("RequestId %q is no upper-case UUID", got.RequestID)
	}
	if got.HostID == "" || got.Recommend == "" {
		t.Errorf("HostId %q, Recommend %q: want both", got.HostID, got.Recommend)
	}
}

// like reports whether text matches a pattern of the table, in which %s stands for any
// text.
func like(pattern, text string) bool {
	begin, end, filled := strings.Cut(pattern, "%s")
	if !filled {
		return text == pattern
	}
	return len(text) > len(begin)+len(end) && strings.HasPrefix(text, begin) && strings.HasSuffix(text, end)
}

// Errors that all operations which list them have in common: no permission, and a
// parameter given twice with different values. (TestBoundariesRefused has the errors of
// boundaries.)
func TestErrorsOfEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	powerless := w.newKey(t, "carol")
	before := w.dump(t)
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			for _, id := range op.Errors {
				switch id {
				case api.ErrNoPermission, api.ErrNoPermissionRAM:
					_, err := patient(t, powerless, op, w.valid(t, op.Name))
					w.isRow(t, err, id)
				case api.ErrInvalidParameter:
					w.isRow(t, w.twice(t, op), id)
				}
			}
		})
	}
	if after := w.dump(t); after != before {
		t.Errorf("refused calls changed something:\n%s", differences(before, after))
	}
}

// twice makes a call with its first parameter in the query and, with another value, in the
// form.
func (w *world) twice(t *testing.T, op *api.Operation) error {
	t.Helper()
	name := op.New().Params()[0].Name
	_, err := patient(t, w.withQuery(url.Values{name: {"another"}}), op, with(w.valid(t, op.Name), name, "one"))
	return err
}

// withQuery returns a client that adds parameters to the query of its V1 calls after it
// has signed them.
func (w *world) withQuery(extra url.Values) *rpc.Client {
	c := *w.Client
	c.HTTP = &http.Client{Transport: addQuery{extra}}
	return &c
}

// addQuery sends requests with more parameters in the query than were signed. The check
// for duplicate parameters is made before the signature is verified.
type addQuery struct{ extra url.Values }

func (a addQuery) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	q := r.URL.Query()
	maps.Copy(q, a.extra)
	r.URL.RawQuery = q.Encode()
	return http.DefaultTransport.RoundTrip(r)
}

// unproduced lists the errors that no call of this test can produce, with their causes.
var unproduced = map[api.ErrorID]string{
	api.ErrInternal:         "an internal error",
	api.ErrUnavailable:      "a server that is shutting down",
	api.ErrMalformedRequest: "an invalid request; TestMalformedRequests",
	api.ErrNeedTLS:          "a node with -api-cert; TestAPIOverTLS",
}

// producedElsewhere names the test that produces an error for every operation that lists
// it.
var producedElsewhere = map[api.ErrorID]string{
	api.ErrInvalid:          "TestBoundariesRefused",
	api.ErrMissing:          "TestBoundariesRefused",
	api.ErrInvalidParameter: "TestErrorsOfEveryOperation",
	api.ErrNoPermission:     "TestErrorsOfEveryOperation",
	api.ErrNoPermissionRAM:  "TestErrorsOfEveryOperation",
	api.ErrInterface:        "TestFullDisk",
	api.ErrNotAUser:         "TestChangePassword",

	api.ErrLimitExceededUsers:    "TestAccountLimits of control",
	api.ErrLimitExceededGroups:   "TestAccountLimits of control",
	api.ErrLimitExceededRoles:    "TestAccountLimits of control",
	api.ErrLimitExceededPolicies: "TestAccountLimits of control",

	api.ErrRoleByRoot: "TestAssumeRole",
}

// Every error that an operation lists, and every common error, is produced by a test.
func TestEveryListedErrorIsProduced(t *testing.T) {
	have := make(map[string]bool)
	for _, r := range refusals(&world{}) {
		have[r.op+" "+string(r.want)] = true
	}
	for _, r := range refusals(&world{}) {
		if !slices.Contains(operation(t, r.op).Errors, r.want) {
			t.Errorf("%s ends with %s and does not list it", r.op, r.want)
		}
	}
	for _, op := range api.Operations() {
		for _, id := range op.Errors {
			if producedElsewhere[id] == "" && unproduced[id] == "" && !have[op.Name+" "+string(id)] {
				t.Errorf("%s lists %s, which no test produces", op.Name, id)
			}
		}
	}
	for _, id := range api.CommonErrors {
		if commonRefusals[id] == nil && unproduced[id] == "" {
			t.Errorf("no test produces the common error %s", id)
		}
	}
}

// commonRefusals are the calls that are refused before their operation is known.
var commonRefusals = map[api.ErrorID]func(t *testing.T, w *world) error{
	api.ErrMissingParameter: func(_ *testing.T, w *world) error {
		return w.raw(http.MethodPost, url.Values{"Version": {api.EnsVersion}, "Action": {"DescribeEnsRegions"}}, nil)
	},
	api.ErrInvalidCommon: func(_ *testing.T, w *world) error {
		return w.altered(func(q url.Values) { q.Set("SignatureMethod", "HMAC-MD5") })
	},
	api.ErrIncompleteSignature: func(_ *testing.T, w *world) error {
		return w.raw(http.MethodPost, nil, http.Header{
			"X-Acs-Action": {"DescribeEnsRegions"}, "X-Acs-Version": {api.EnsVersion},
			"Authorization": {"ACS3-HMAC-SHA256 Credential=x"},
		})
	},
	api.ErrSignatureDoesNotMatch: func(_ *testing.T, w *world) error {
		return w.altered(func(q url.Values) { q.Set("EnsRegionId", "changed") })
	},
	api.ErrAccessKeyNotFound: func(_ *testing.T, w *world) error {
		c := *w.Client
		c.AccessKeyID = "nobody"
		return describeRegions(&c)
	},
	api.ErrAccessKeyInactive: func(t *testing.T, w *world) error {
		c := w.newKey(t, "carol")
		w.must(t, "UpdateAccessKey", map[string]string{"UserName": "carol", "UserAccessKeyId": c.AccessKeyID, "Status": "Inactive"}, nil)
		return describeRegions(c)
	},
	api.ErrTimestampExpired: func(_ *testing.T, w *world) error {
		return w.altered(func(q url.Values) {
			q.Set("Timestamp", time.Now().Add(-16*time.Minute).UTC().Format(time.RFC3339))
		})
	},
	api.ErrTimestampFormat: func(_ *testing.T, w *world) error {
		return w.altered(func(q url.Values) { q.Set("Timestamp", "yesterday") })
	},
	api.ErrNonceUsed: func(t *testing.T, w *world) error {
		var sent *http.Request
		c := *w.Client
		c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			sent = r.Clone(context.Background())
			return http.DefaultTransport.RoundTrip(r)
		})}
		c.Algorithm = rpc.V1
		if err := describeRegions(&c); err != nil {
			t.Fatal(err)
		}
		return w.send(sent)
	},
	api.ErrTokenMissing: func(t *testing.T, w *world) error {
		c := w.session(t, nil)
		c.Token = ""
		return describeRegions(c)
	},
	api.ErrTokenMalformed: func(t *testing.T, w *world) error {
		c := w.session(t, nil)
		c.Token = c.Token[:len(c.Token)-8] + "AAAAAAAA"
		return describeRegions(c)
	},
	api.ErrTokenExpired: func(t *testing.T, w *world) error {
		c := w.session(t, nil)
		c.Token = w.node.expiredToken(t, c)
		return describeRegions(c)
	},
	api.ErrActionNotFound: func(_ *testing.T, w *world) error {
		_, err := w.Call(context.Background(), api.EnsVersion, "MakeCoffee", nil)
		return err
	},
	api.ErrVersion: func(_ *testing.T, w *world) error {
		_, err := w.Call(context.Background(), "2000-01-01", "DescribeEnsRegions", nil)
		return err
	},
	api.ErrContentType: func(_ *testing.T, w *world) error {
		c := *w.Client
		c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("Content-Type", "application/json")
			return http.DefaultTransport.RoundTrip(r)
		})}
		_, err := c.Call(context.Background(), api.EnsVersion, "DescribeEnsRegions", map[string]string{"EnsRegionId": "local"})
		return err
	},
	api.ErrSecurityToken: func(_ *testing.T, w *world) error {
		return w.altered(func(q url.Values) { q.Set("SecurityToken", "x") })
	},
	api.ErrHTTPMethod: func(_ *testing.T, w *world) error {
		return w.raw(http.MethodPut, url.Values{"Version": {api.EnsVersion}, "Action": {"DescribeEnsRegions"}}, nil)
	},
	api.ErrRequestTooLarge: func(_ *testing.T, w *world) error {
		_, err := w.Call(context.Background(), api.EnsVersion, "DescribeEnsRegions", map[string]string{"Long": strings.Repeat("x", 4<<20)})
		return err
	},
	api.ErrThrottlingAPI: func(_ *testing.T, w *world) error { return untilRefused(w.Client, "DescribeNetworks") },
	api.ErrThrottlingUser: func(t *testing.T, w *world) error {
		c := w.newKey(t, "carol")
		w.must(t, "AttachPolicyToUser", map[string]string{"PolicyType": "System", "PolicyName": "AliyunENSReadOnlyAccess", "UserName": "carol"}, nil)
		return untilRefused(c, "DescribeVSwitches")
	},
}

// Not parallel: throttling depends on the rate of the calls.
func TestCommonErrors(t *testing.T) {
	w := newWorld(t)
	for id, produce := range commonRefusals {
		t.Run(string(id), func(t *testing.T) {
			err := produce(t, w)
			w.isRow(t, err, id)
			if refusal, ok := errors.AsType[*rpc.Error](err); ok && strings.HasPrefix(refusal.Code, "Throttling") && refusal.RetryAfter <= 0 {
				t.Error("no x-acs-retry-after")
			}
		})
	}
}

func describeRegions(c *rpc.Client) error {
	_, err := c.Call(context.Background(), api.EnsVersion, "DescribeEnsRegions", nil)
	return err
}

// untilRefused makes calls at the highest rate, more than any limit allows.
func untilRefused(c *rpc.Client, action string) error {
	for range 2000 {
		if _, err := c.Call(context.Background(), api.EnsVersion, action, nil); err != nil {
			return err
		}
	}
	return nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// altered makes a V1 call whose query was changed after it was signed.
func (w *world) altered(change func(url.Values)) error {
	c := *w.Client
	c.Algorithm = rpc.V1
	c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		q := r.URL.Query()
		change(q)
		r.URL.RawQuery = q.Encode()
		return http.DefaultTransport.RoundTrip(r)
	})}
	return describeRegions(&c)
}

// raw sends an unsigned request.
func (w *world) raw(method string, query url.Values, header http.Header) error {
	r, err := http.NewRequest(method, w.Endpoint+"/?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	maps.Copy(r.Header, header)
	return w.send(r)
}

// send sends a request unchanged and returns the error in its answer.
func (w *world) send(r *http.Request) error {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode == http.StatusOK {
		return nil
	}
	e := &rpc.Error{Status: res.StatusCode}
	if err := json.Unmarshal(text, e); err != nil {
		return fmt.Errorf("%d %s: %w", res.StatusCode, text, err)
	}
	return e
}

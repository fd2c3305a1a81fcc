package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/ram"
)

// A Handler executes one operation. The input was created by the operation's New
// and bound; the answer is to be marshalled.
type Handler = func(ctx context.Context, who ram.Identity, in api.Input) (out any, err error)

// Handlers are the service's operations, by api.Operation.Action.
func (s *Service) Handlers() map[string]Handler {
	return map[string]Handler{
		"ens:CreateLoadBalancer":            call(s.balancers.CreateLoadBalancer),
		"ens:DescribeLoadBalancers":         call(s.balancers.DescribeLoadBalancers),
		"ens:DescribeLoadBalancerAttribute": call(s.balancers.DescribeLoadBalancerAttribute),
		"ens:ModifyLoadBalancerAttribute":   call(s.balancers.ModifyLoadBalancerAttribute),
		"ens:SetLoadBalancerStatus":         call(s.balancers.SetLoadBalancerStatus),
		"ens:DescribeLoadBalancerSpec":      call(s.balancers.DescribeLoadBalancerSpec),
		"ens:ReleaseInstance":               call(s.balancers.ReleaseInstance),
		"ens:DeleteLoadBalancer":            call(s.balancers.DeleteLoadBalancer),

		"ens:CreateLoadBalancerHTTPSListener":            call(s.listeners.CreateLoadBalancerHTTPSListener),
		"ens:SetLoadBalancerHTTPSListenerAttribute":      call(s.listeners.SetLoadBalancerHTTPSListenerAttribute),
		"ens:DescribeLoadBalancerHTTPSListenerAttribute": call(s.listeners.DescribeLoadBalancerHTTPSListenerAttribute),
		"ens:CreateLoadBalancerHTTPListener":             call(s.listeners.CreateLoadBalancerHTTPListener),
		"ens:SetLoadBalancerHTTPListenerAttribute":       call(s.listeners.SetLoadBalancerHTTPListenerAttribute),
		"ens:DescribeLoadBalancerHTTPListenerAttribute":  call(s.listeners.DescribeLoadBalancerHTTPListenerAttribute),
		"ens:DeleteLoadBalancerHTTPListener":             call(s.listeners.DeleteLoadBalancerHTTPListener),
		"ens:CreateLoadBalancerTCPListener":              call(s.listeners.CreateLoadBalancerTCPListener),
		"ens:SetLoadBalancerTCPListenerAttribute":        call(s.listeners.SetLoadBalancerTCPListenerAttribute),
		"ens:DescribeLoadBalancerTCPListenerAttribute":   call(s.listeners.DescribeLoadBalancerTCPListenerAttribute),
		"ens:CreateLoadBalancerUDPListener":              call(s.listeners.CreateLoadBalancerUDPListener),
		"ens:SetLoadBalancerUDPListenerAttribute":        call(s.listeners.SetLoadBalancerUDPListenerAttribute),
		"ens:DescribeLoadBalancerUDPListenerAttribute":   call(s.listeners.DescribeLoadBalancerUDPListenerAttribute),
		"ens:DescribeLoadBalancerListeners":              call(s.listeners.DescribeLoadBalancerListeners),
		"ens:StartLoadBalancerListener":                  call(s.listeners.StartLoadBalancerListener),
		"ens:StopLoadBalancerListener":                   call(s.listeners.StopLoadBalancerListener),
		"ens:DeleteLoadBalancerListener":                 call(s.listeners.DeleteLoadBalancerListener),

		"ens:AddBackendServers":    call(s.backends.AddBackendServers),
		"ens:SetBackendServers":    call(s.backends.SetBackendServers),
		"ens:RemoveBackendServers": call(s.backends.RemoveBackendServers),

		"ens:RegisterInstance":          call(s.instances.RegisterInstance),
		"ens:DeregisterInstance":        call(s.instances.DeregisterInstance),
		"ens:RegisterInstanceRange":     call(s.instances.RegisterInstanceRange),
		"ens:DeregisterInstanceRange":   call(s.instances.DeregisterInstanceRange),
		"ens:DescribeInstances":         call(s.instances.DescribeInstances),
		"ens:DescribeNetworkInterfaces": call(s.instances.DescribeNetworkInterfaces),

		"ens:DescribeLoadBalancerListenMonitor":       call(s.monitor.DescribeLoadBalancerListenMonitor),
		"ens:DescribeServerLoadBalancerListenMonitor": call(s.monitor.DescribeServerLoadBalancerListenMonitor),
		"ens:DescribeServerLoadBalancerMonitor":       call(s.monitor.DescribeServerLoadBalancerMonitor),

		"ens:DescribeEnsRegions": call(s.networks.DescribeEnsRegions),
		"ens:DescribeNetworks":   call(s.networks.DescribeNetworks),
		"ens:DescribeVSwitches":  call(s.networks.DescribeVSwitches),
		"ens:DescribeRegionIsps": call(s.networks.DescribeRegionIsps),

		"ens:CreateNetwork":            call(s.networks.CreateNetwork),
		"ens:DescribeNetworkAttribute": call(s.networks.DescribeNetworkAttribute),
		"ens:ModifyNetworkAttribute":   call(s.networks.ModifyNetworkAttribute),
		"ens:DeleteNetwork":            call(s.networks.DeleteNetwork),

		"ens:CreateVSwitch":             call(s.networks.CreateVSwitch),
		"ens:DescribeVSwitchAttributes": call(s.networks.DescribeVSwitchAttributes),
		"ens:ModifyVSwitchAttribute":    call(s.networks.ModifyVSwitchAttribute),
		"ens:DeleteVSwitch":             call(s.networks.DeleteVSwitch),

		"ens:TagResources":     call(s.tags.TagResources),
		"ens:UntagResources":   call(s.tags.UntagResources),
		"ens:ListTagResources": call(s.tags.ListTagResources),

		"ens:CreateEipInstance":            call(s.eips.CreateEipInstance),
		"ens:DescribeEnsEipAddresses":      call(s.eips.DescribeEnsEipAddresses),
		"ens:AssociateEnsEipAddress":       call(s.eips.AssociateEnsEipAddress),
		"ens:UnAssociateEnsEipAddress":     call(s.eips.UnAssociateEnsEipAddress),
		"ens:ModifyEnsEipAddressAttribute": call(s.eips.ModifyEnsEipAddressAttribute),
		"ens:DeleteEip":                    call(s.eips.DeleteEip),

		"cas:UploadUserCertificate":    call(s.certificates.UploadUserCertificate),
		"cas:GetUserCertificateDetail": call(s.certificates.GetUserCertificateDetail),
		"cas:ListUserCertificateOrder": call(s.certificates.ListUserCertificateOrder),
		"cas:DeleteUserCertificate":    call(s.certificates.DeleteUserCertificate),

		"ram:CreateUser": call(s.users.CreateUser),
		"ram:GetUser":    call(s.users.GetUser),
		"ram:ListUsers":  call(s.users.ListUsers),
		"ram:UpdateUser": call(s.users.UpdateUser),
		"ram:DeleteUser": call(s.users.DeleteUser),

		"ram:CreateAccessKey": callAs(s.users.CreateAccessKey),
		"ram:ListAccessKeys":  callAs(s.users.ListAccessKeys),
		"ram:UpdateAccessKey": callAs(s.users.UpdateAccessKey),
		"ram:DeleteAccessKey": callAs(s.users.DeleteAccessKey),

		"ram:CreateLoginProfile": call(s.logins.CreateLoginProfile),
		"ram:GetLoginProfile":    call(s.logins.GetLoginProfile),
		"ram:UpdateLoginProfile": call(s.logins.UpdateLoginProfile),
		"ram:DeleteLoginProfile": call(s.logins.DeleteLoginProfile),
		"ram:ChangePassword":     callAs(s.logins.ChangePassword),
		"ram:UnbindMFADevice":    call(s.logins.UnbindMFADevice),

		"ram:CreatePolicy":            call(s.policies.CreatePolicy),
		"ram:GetPolicy":               call(s.policies.GetPolicy),
		"ram:ListPolicies":            call(s.policies.ListPolicies),
		"ram:DeletePolicy":            call(s.policies.DeletePolicy),
		"ram:UpdatePolicyDescription": call(s.policies.UpdatePolicyDescription),
		"ram:ListEntitiesForPolicy":   callAs(s.policies.ListEntitiesForPolicy),
		"ram:AttachPolicyToUser":      call(s.attachments.AttachPolicyToUser),
		"ram:DetachPolicyFromUser":    call(s.attachments.DetachPolicyFromUser),
		"ram:ListPoliciesForUser":     call(s.attachments.ListPoliciesForUser),

		"ram:CreatePolicyVersion":     call(s.policies.CreatePolicyVersion),
		"ram:GetPolicyVersion":        call(s.policies.GetPolicyVersion),
		"ram:ListPolicyVersions":      call(s.policies.ListPolicyVersions),
		"ram:SetDefaultPolicyVersion": call(s.policies.SetDefaultPolicyVersion),
		"ram:DeletePolicyVersion":     call(s.policies.DeletePolicyVersion),

		"ram:CreateGroup":           call(s.groups.CreateGroup),
		"ram:GetGroup":              call(s.groups.GetGroup),
		"ram:ListGroups":            call(s.groups.ListGroups),
		"ram:UpdateGroup":           call(s.groups.UpdateGroup),
		"ram:DeleteGroup":           call(s.groups.DeleteGroup),
		"ram:AddUserToGroup":        call(s.groups.AddUserToGroup),
		"ram:RemoveUserFromGroup":   call(s.groups.RemoveUserFromGroup),
		"ram:ListUsersForGroup":     call(s.groups.ListUsersForGroup),
		"ram:ListGroupsForUser":     call(s.groups.ListGroupsForUser),
		"ram:AttachPolicyToGroup":   call(s.attachments.AttachPolicyToGroup),
		"ram:DetachPolicyFromGroup": call(s.attachments.DetachPolicyFromGroup),
		"ram:ListPoliciesForGroup":  call(s.attachments.ListPoliciesForGroup),

		"ram:CreateRole":           callAs(s.roles.CreateRole),
		"ram:GetRole":              callAs(s.roles.GetRole),
		"ram:ListRoles":            callAs(s.roles.ListRoles),
		"ram:UpdateRole":           callAs(s.roles.UpdateRole),
		"ram:DeleteRole":           call(s.roles.DeleteRole),
		"ram:AttachPolicyToRole":   call(s.attachments.AttachPolicyToRole),
		"ram:DetachPolicyFromRole": call(s.attachments.DetachPolicyFromRole),
		"ram:ListPoliciesForRole":  call(s.attachments.ListPoliciesForRole),

		"sts:AssumeRole":        callAs(s.roles.AssumeRole),
		"sts:GetCallerIdentity": callAs(s.roles.GetCallerIdentity),
	}
}

// call returns a Handler of an operation that does not depend on the caller.
func call[In, Out any](do func(context.Context, *In) (Out, error)) Handler {
	return func(ctx context.Context, _ ram.Identity, in api.Input) (any, error) {
		return answer(do(ctx, any(in).(*In)))
	}
}

// callAs returns a Handler of an operation that depends on the caller.
func callAs[In, Out any](do func(context.Context, ram.Identity, *In) (Out, error)) Handler {
	return func(ctx context.Context, who ram.Identity, in api.Input) (any, error) {
		return answer(do(ctx, who, any(in).(*In)))
	}
}

// answer drops the incomplete answer of an operation that failed.
func answer(out any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return out, nil
}

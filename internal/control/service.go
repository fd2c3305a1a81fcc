// Package control implements the operations of the API: it checks a call against
// the stored state and writes the desired state, one transaction per call. It
// never touches what runs; nodes follow the store. Calls are authenticated,
// authorized and bound before. Start reading at Service.Handlers.
package control

import (
	"context"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/history"
	"elbow/internal/lockout"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// Config configures a Service.
type Config struct {
	Store   *store.Store
	History *history.Store   // nil: no history
	Now     func() time.Time // nil: time.Now
	Reach   *elb.Reach       // allowed addresses of backends; nil: the zero Reach
	EIPs    elb.EIPPool      // ranges of EIPs; nil: there are none

	// Lockout is consulted before a password is compared; nil: a new one.
	Lockout *lockout.Lockout
}

// A Service has one method per operation. An error is an *api.Error, or else the
// store's: then nothing was changed and the cause is only logged.
type Service struct {
	store   *store.Store
	history *history.Store // nil: none
	now     func() time.Time
	reach   *elb.Reach
	eips    elb.EIPPool
	lockout *lockout.Lockout
	guesses *hasher // for passwords of sign-ins
	changes *hasher // for passwords in signed calls, which do not wait for sign-ins
}

// New returns a Service.
func New(c Config) *Service {
	s := &Service{store: c.Store, history: c.History, now: c.Now, reach: c.Reach, eips: c.EIPs, lockout: c.Lockout, guesses: newHasher(), changes: newHasher()}
	if s.now == nil {
		s.now = time.Now
	}
	if s.lockout == nil {
		s.lockout = lockout.New(s.now)
	}
	return s
}

// A Handler executes one operation. The input was created by the operation's New
// and bound; the answer is to be marshalled.
type Handler = func(ctx context.Context, who ram.Identity, in api.Input) (out any, err error)

// Handlers are the service's operations, by api.Operation.Action.
func (s *Service) Handlers() map[string]Handler {
	return map[string]Handler{
		"ens:CreateLoadBalancer":            call(s.CreateLoadBalancer),
		"ens:DescribeLoadBalancers":         call(s.DescribeLoadBalancers),
		"ens:DescribeLoadBalancerAttribute": call(s.DescribeLoadBalancerAttribute),
		"ens:ModifyLoadBalancerAttribute":   call(s.ModifyLoadBalancerAttribute),
		"ens:SetLoadBalancerStatus":         call(s.SetLoadBalancerStatus),
		"ens:DescribeLoadBalancerSpec":      call(s.DescribeLoadBalancerSpec),
		"ens:ReleaseInstance":               call(s.ReleaseInstance),
		"ens:DeleteLoadBalancer":            call(s.DeleteLoadBalancer),

		"ens:CreateLoadBalancerHTTPSListener":            call(s.CreateLoadBalancerHTTPSListener),
		"ens:SetLoadBalancerHTTPSListenerAttribute":      call(s.SetLoadBalancerHTTPSListenerAttribute),
		"ens:DescribeLoadBalancerHTTPSListenerAttribute": call(s.DescribeLoadBalancerHTTPSListenerAttribute),
		"ens:CreateLoadBalancerHTTPListener":             call(s.CreateLoadBalancerHTTPListener),
		"ens:SetLoadBalancerHTTPListenerAttribute":       call(s.SetLoadBalancerHTTPListenerAttribute),
		"ens:DescribeLoadBalancerHTTPListenerAttribute":  call(s.DescribeLoadBalancerHTTPListenerAttribute),
		"ens:DeleteLoadBalancerHTTPListener":             call(s.DeleteLoadBalancerHTTPListener),
		"ens:CreateLoadBalancerTCPListener":              call(s.CreateLoadBalancerTCPListener),
		"ens:SetLoadBalancerTCPListenerAttribute":        call(s.SetLoadBalancerTCPListenerAttribute),
		"ens:DescribeLoadBalancerTCPListenerAttribute":   call(s.DescribeLoadBalancerTCPListenerAttribute),
		"ens:CreateLoadBalancerUDPListener":              call(s.CreateLoadBalancerUDPListener),
		"ens:SetLoadBalancerUDPListenerAttribute":        call(s.SetLoadBalancerUDPListenerAttribute),
		"ens:DescribeLoadBalancerUDPListenerAttribute":   call(s.DescribeLoadBalancerUDPListenerAttribute),
		"ens:DescribeLoadBalancerListeners":              call(s.DescribeLoadBalancerListeners),
		"ens:StartLoadBalancerListener":                  call(s.StartLoadBalancerListener),
		"ens:StopLoadBalancerListener":                   call(s.StopLoadBalancerListener),
		"ens:DeleteLoadBalancerListener":                 call(s.DeleteLoadBalancerListener),

		"ens:AddBackendServers":    call(s.AddBackendServers),
		"ens:SetBackendServers":    call(s.SetBackendServers),
		"ens:RemoveBackendServers": call(s.RemoveBackendServers),

		"ens:RegisterInstance":          call(s.RegisterInstance),
		"ens:DeregisterInstance":        call(s.DeregisterInstance),
		"ens:RegisterInstanceRange":     call(s.RegisterInstanceRange),
		"ens:DeregisterInstanceRange":   call(s.DeregisterInstanceRange),
		"ens:DescribeInstances":         call(s.DescribeInstances),
		"ens:DescribeNetworkInterfaces": call(s.DescribeNetworkInterfaces),

		"ens:DescribeLoadBalancerListenMonitor":       call(s.DescribeLoadBalancerListenMonitor),
		"ens:DescribeServerLoadBalancerListenMonitor": call(s.DescribeServerLoadBalancerListenMonitor),
		"ens:DescribeServerLoadBalancerMonitor":       call(s.DescribeServerLoadBalancerMonitor),

		"ens:DescribeEnsRegions": call(s.DescribeEnsRegions),
		"ens:DescribeNetworks":   call(s.DescribeNetworks),
		"ens:DescribeVSwitches":  call(s.DescribeVSwitches),
		"ens:DescribeRegionIsps": call(s.DescribeRegionIsps),

		"ens:CreateNetwork":            call(s.CreateNetwork),
		"ens:DescribeNetworkAttribute": call(s.DescribeNetworkAttribute),
		"ens:ModifyNetworkAttribute":   call(s.ModifyNetworkAttribute),
		"ens:DeleteNetwork":            call(s.DeleteNetwork),

		"ens:CreateVSwitch":             call(s.CreateVSwitch),
		"ens:DescribeVSwitchAttributes": call(s.DescribeVSwitchAttributes),
		"ens:ModifyVSwitchAttribute":    call(s.ModifyVSwitchAttribute),
		"ens:DeleteVSwitch":             call(s.DeleteVSwitch),

		"ens:TagResources":     call(s.TagResources),
		"ens:UntagResources":   call(s.UntagResources),
		"ens:ListTagResources": call(s.ListTagResources),

		"ens:CreateEipInstance":            call(s.CreateEipInstance),
		"ens:DescribeEnsEipAddresses":      call(s.DescribeEnsEipAddresses),
		"ens:AssociateEnsEipAddress":       call(s.AssociateEnsEipAddress),
		"ens:UnAssociateEnsEipAddress":     call(s.UnAssociateEnsEipAddress),
		"ens:ModifyEnsEipAddressAttribute": call(s.ModifyEnsEipAddressAttribute),
		"ens:DeleteEip":                    call(s.DeleteEip),

		"cas:UploadUserCertificate":    call(s.UploadUserCertificate),
		"cas:GetUserCertificateDetail": call(s.GetUserCertificateDetail),
		"cas:ListUserCertificateOrder": call(s.ListUserCertificateOrder),
		"cas:DeleteUserCertificate":    call(s.DeleteUserCertificate),

		"ram:CreateUser": call(s.CreateUser),
		"ram:GetUser":    call(s.GetUser),
		"ram:ListUsers":  call(s.ListUsers),
		"ram:UpdateUser": call(s.UpdateUser),
		"ram:DeleteUser": call(s.DeleteUser),

		"ram:CreateAccessKey": callAs(s.CreateAccessKey),
		"ram:ListAccessKeys":  callAs(s.ListAccessKeys),
		"ram:UpdateAccessKey": callAs(s.UpdateAccessKey),
		"ram:DeleteAccessKey": callAs(s.DeleteAccessKey),

		"ram:CreateLoginProfile": call(s.CreateLoginProfile),
		"ram:GetLoginProfile":    call(s.GetLoginProfile),
		"ram:UpdateLoginProfile": call(s.UpdateLoginProfile),
		"ram:DeleteLoginProfile": call(s.DeleteLoginProfile),
		"ram:ChangePassword":     callAs(s.ChangePassword),

		"ram:CreatePolicy":         call(s.CreatePolicy),
		"ram:GetPolicy":            call(s.GetPolicy),
		"ram:ListPolicies":         call(s.ListPolicies),
		"ram:DeletePolicy":         call(s.DeletePolicy),
		"ram:AttachPolicyToUser":   call(s.AttachPolicyToUser),
		"ram:DetachPolicyFromUser": call(s.DetachPolicyFromUser),
		"ram:ListPoliciesForUser":  call(s.ListPoliciesForUser),

		"ram:CreatePolicyVersion":     call(s.CreatePolicyVersion),
		"ram:GetPolicyVersion":        call(s.GetPolicyVersion),
		"ram:ListPolicyVersions":      call(s.ListPolicyVersions),
		"ram:SetDefaultPolicyVersion": call(s.SetDefaultPolicyVersion),
		"ram:DeletePolicyVersion":     call(s.DeletePolicyVersion),

		"ram:CreateGroup":           call(s.CreateGroup),
		"ram:GetGroup":              call(s.GetGroup),
		"ram:ListGroups":            call(s.ListGroups),
		"ram:UpdateGroup":           call(s.UpdateGroup),
		"ram:DeleteGroup":           call(s.DeleteGroup),
		"ram:AddUserToGroup":        call(s.AddUserToGroup),
		"ram:RemoveUserFromGroup":   call(s.RemoveUserFromGroup),
		"ram:ListUsersForGroup":     call(s.ListUsersForGroup),
		"ram:ListGroupsForUser":     call(s.ListGroupsForUser),
		"ram:AttachPolicyToGroup":   call(s.AttachPolicyToGroup),
		"ram:DetachPolicyFromGroup": call(s.DetachPolicyFromGroup),
		"ram:ListPoliciesForGroup":  call(s.ListPoliciesForGroup),

		"ram:CreateRole":           callAs(s.CreateRole),
		"ram:GetRole":              callAs(s.GetRole),
		"ram:ListRoles":            callAs(s.ListRoles),
		"ram:UpdateRole":           callAs(s.UpdateRole),
		"ram:DeleteRole":           call(s.DeleteRole),
		"ram:AttachPolicyToRole":   call(s.AttachPolicyToRole),
		"ram:DetachPolicyFromRole": call(s.DetachPolicyFromRole),
		"ram:ListPoliciesForRole":  call(s.ListPoliciesForRole),

		"sts:AssumeRole":        callAs(s.AssumeRole),
		"sts:GetCallerIdentity": callAs(s.GetCallerIdentity),
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

package api

import (
	"errors"
	"strings"
	"time"
)

// CreateRoleInput is a new role.
type CreateRoleInput struct {
	RoleName    string
	Trust       string
	Description string
	MaxSession  time.Duration
}

// Params lists the rows.
func (in *CreateRoleInput) Params() []Param {
	return []Param{
		toCreate(roleName(&in.RoleName)),
		trustPolicy("AssumeRolePolicyDocument", &in.Trust, true, "Who may have sessions of the role, in JSON."),
		{Name: "Description", Var: Text(&in.Description, 1, 1024), Doc: "The description of the role."},
		maxSession("MaxSessionDuration", &in.MaxSession, "3600"),
	}
}

func roleName(p *string) Param {
	return Param{Name: "RoleName", Var: Text(p, 1, 64, roleCharacters), Required: true, Names: roleKind, Doc: "The name of the role."}
}

var roleCharacters = rule{
	says: "must be letters, digits and the characters . - _",
	ok:   func(s string) bool { return only(s, letters+digits+".-_") },
}

func trustPolicy(name string, p *string, required bool, doc string) Param {
	return Param{Name: name, Label: "Trust policy", Var: Text(p, 1, maxPolicy), Required: required, File: true, Errors: []ErrorID{ErrMalformedPolicyDocument}, Doc: doc}
}

func maxSession(name string, p *time.Duration, standard string) Param {
	return Param{Name: name, Label: "Longest session", Var: Seconds(p, 3600, 43200), Default: standard, Doc: "The longest session of the role."}
}

// CreateRoleOutput is the new role.
type CreateRoleOutput struct{ Role Role }

// A Role is a role in an answer.
type Role struct {
	RoleID                   string `json:"RoleId"`
	RoleName                 string
	Arn                      string // acs:ram::<account>:role/<name>
	Description              string
	AssumeRolePolicyDocument string
	MaxSessionDuration       int64 // in seconds
	CreateDate               string
	UpdateDate               string
	AttachDate               string `json:",omitempty"` // among those that have a policy
}

// GetRoleInput names a role.
type GetRoleInput struct{ RoleName string }

// Params lists the rows.
func (in *GetRoleInput) Params() []Param { return []Param{roleName(&in.RoleName)} }

// GetRoleOutput is the role.
type GetRoleOutput struct{ Role Role }

// ListRolesInput requests a page of the roles.
type ListRolesInput struct {
	Marker   string
	MaxItems int
}

// Params lists the rows.
func (in *ListRolesInput) Params() []Param {
	return []Param{marker(&in.Marker), maxItems(&in.MaxItems)}
}

// ListRolesOutput is a page of the roles.
type ListRolesOutput struct {
	Roles       Roles
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// Roles wraps the list as the wire does.
type Roles struct{ Role Array[Role] }

// UpdateRoleInput changes the given fields; nil ones do not change.
type UpdateRoleInput struct {
	RoleName    string
	Trust       string // "": unchanged
	Description *string
	MaxSession  time.Duration // 0: unchanged

	description string
}

// Params lists the rows.
func (in *UpdateRoleInput) Params() []Param {
	return []Param{
		roleName(&in.RoleName),
		trustPolicy("NewAssumeRolePolicyDocument", &in.Trust, false, "Who may have sessions of the role from now on, in JSON. Sessions that there are go on."),
		{Name: "NewDescription", Var: Text(&in.description, 1, 1024), Doc: "The new description. An empty one clears it."},
		maxSession("NewMaxSessionDuration", &in.MaxSession, ""),
	}
}

func (in *UpdateRoleInput) complete(values map[string]string) error {
	in.Description = ifGiven(values, "NewDescription", &in.description)
	return nil
}

// UpdateRoleOutput is the role.
type UpdateRoleOutput struct{ Role Role }

// DeleteRoleInput names a role.
type DeleteRoleInput struct{ RoleName string }

// Params lists the rows.
func (in *DeleteRoleInput) Params() []Param { return []Param{roleName(&in.RoleName)} }

// DeleteRoleOutput is empty.
type DeleteRoleOutput struct{}

// RoleAttachment identifies a policy and a role that it is attached to.
type RoleAttachment struct{ PolicyType, PolicyName, RoleName string }

func (a *RoleAttachment) rows() []Param {
	return []Param{policyType(&a.PolicyType, true), policyName(&a.PolicyName), roleName(&a.RoleName)}
}

// AttachPolicyToRoleInput attaches a policy to a role.
type AttachPolicyToRoleInput struct{ RoleAttachment }

// Params lists the rows.
func (in *AttachPolicyToRoleInput) Params() []Param { return in.rows() }

// AttachPolicyToRoleOutput is empty.
type AttachPolicyToRoleOutput struct{}

// DetachPolicyFromRoleInput detaches a policy from a role.
type DetachPolicyFromRoleInput struct{ RoleAttachment }

// Params lists the rows.
func (in *DetachPolicyFromRoleInput) Params() []Param { return in.rows() }

// DetachPolicyFromRoleOutput is empty.
type DetachPolicyFromRoleOutput struct{}

// ListPoliciesForRoleInput names a role.
type ListPoliciesForRoleInput struct{ RoleName string }

// Params lists the rows.
func (in *ListPoliciesForRoleInput) Params() []Param { return []Param{roleName(&in.RoleName)} }

// ListPoliciesForRoleOutput lists the policies of a role.
type ListPoliciesForRoleOutput struct{ Policies UserPolicies }

// AssumeRoleInput requests a session of a role.
type AssumeRoleInput struct {
	Role        RoleARN
	SessionName string
	Policy      string // "": the session may do everything that the role may
	Duration    time.Duration
	ExternalID  string
}

// Params lists the rows.
func (in *AssumeRoleInput) Params() []Param {
	return []Param{
		{Name: "RoleArn", Var: roleARNVar{&in.Role}, Required: true, Names: roleARNKind, Doc: "The ARN of the role, as GetRole answers it."},
		{Name: "RoleSessionName", Var: Text(&in.SessionName, 2, 64, sessionCharacters), Required: true, Doc: "The name of the session, for the audit log."},
		{Name: "Policy", Label: "Session policy", Var: Text(&in.Policy, 1, maxSessionPolicy), File: true, Errors: []ErrorID{ErrMalformedPolicyDocument}, Doc: "A policy in JSON: the session may do what both it and the policies of the role allow."},
		{Name: "DurationSeconds", Label: "Length of the session", Var: Seconds(&in.Duration, 900, 43200), Default: "3600", Doc: "How long the session lasts, at most as long as MaxSessionDuration of the role."},
		{Name: "ExternalId", Var: Text(&in.ExternalID, 2, 1224, visibleASCII), Doc: "What the condition sts:ExternalId of the trust policy is compared with."},
	}
}

// maxSessionPolicy bounds a session policy in characters, as in STS: each call of
// the session carries it, encrypted in the token.
const maxSessionPolicy = 2048

var sessionCharacters = rule{
	says: "must be letters, digits and the characters . @ - _",
	ok:   func(s string) bool { return only(s, letters+digits+".@-_") },
}

// A RoleARN identifies a role of an account.
type RoleARN struct{ AccountID, Name string }

type roleARNVar struct{ p *RoleARN }

func (v roleARNVar) Set(s string) error {
	account, name, ok := roleOf(s)
	var checked string
	if !ok || !only(account, digits) || roleName(&checked).Var.Set(name) != nil {
		return errors.New(v.Shape().Rule)
	}
	*v.p = RoleARN{account, name}
	return nil
}

func (v roleARNVar) Value() any {
	if v.p.Name == "" {
		return ""
	}
	return "acs:ram::" + v.p.AccountID + ":role/" + v.p.Name
}

func (v roleARNVar) Shape() Shape {
	return Shape{
		Type: Name, Rule: "must be acs:ram::ACCOUNT:role/NAME", Valid: []string{"acs:ram::1234567890123456:role/deploy"},
		Wrong: []string{"deploy", "acs:ram::1:user/x", "acs:ram::1:role/", "acs:ram:::role/x", "acs:ram:*:1:role/x", "acs:ram::1:role/a/b", "acs:ram::one:role/x"},
	}
}

// roleOf splits the ARN of a role into account and name.
func roleOf(arn string) (account, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, "acs:ram::")
	account, name, is := strings.Cut(rest, ":role/")
	return account, name, ok && is && account != "" && name != ""
}

// AssumeRoleOutput is the session.
type AssumeRoleOutput struct {
	AssumedRoleUser AssumedRoleUser
	Credentials     Credentials
}

// An AssumedRoleUser is the identity of a session.
type AssumedRoleUser struct {
	Arn           string
	AssumedRoleID string `json:"AssumedRoleId"`
}

// Credentials are a temporary access key and the token that calls signed with it
// must carry.
type Credentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      string // 2026-11-25T15:00:00Z
}

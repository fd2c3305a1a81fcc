package api

import "elbow/internal/elb"

// CreatePolicyInput is a new policy.
type CreatePolicyInput struct {
	PolicyName  string
	Document    string
	Description string
}

// Params lists the rows.
func (in *CreatePolicyInput) Params() []Param {
	return []Param{
		toCreate(policyName(&in.PolicyName)),
		policyDocument(&in.Document),
		{Name: "Description", Var: Text(&in.Description, 1, 1024), Doc: "The description of the policy."},
	}
}

func policyDocument(p *string) Param {
	return Param{Name: "PolicyDocument", Label: "Document", Var: Text(p, 1, maxPolicy), Required: true, File: true, Errors: []ErrorID{ErrMalformedPolicyDocument}, Doc: "The policy in JSON: {\"Version\":\"1\",\"Statement\":[…]}."}
}

// maxPolicy bounds a policy document in characters: three times the limit
// documented in 2021, for newer clients.
const maxPolicy = 6144

func policyName(p *string) Param {
	return Param{Name: "PolicyName", Label: "Name", Var: Text(p, 1, 128, policyCharacters), Required: true, Names: policyKind, Doc: "The name of the policy."}
}

var policyCharacters = rule{
	says: "must be letters, digits and -",
	ok:   func(s string) bool { return only(s, letters+digits+"-") },
}

func policyType(p *string, required bool) Param {
	return Param{Name: "PolicyType", Var: OneOf(p, elb.SystemPolicy, elb.CustomPolicy), Required: required, Doc: "System: the policies that are always there. Custom: those of the account."}
}

// CreatePolicyOutput is the new policy.
type CreatePolicyOutput struct{ Policy Policy }

// A Policy is a policy in an answer.
type Policy struct {
	PolicyName      string
	PolicyType      string
	Description     string
	DefaultVersion  string // v1, v2, …
	CreateDate      string
	UpdateDate      string `json:",omitempty"`
	AttachmentCount int
}

// GetPolicyInput names a policy.
type GetPolicyInput struct {
	PolicyType string
	PolicyName string
}

// Params lists the rows.
func (in *GetPolicyInput) Params() []Param {
	return []Param{policyType(&in.PolicyType, true), policyName(&in.PolicyName)}
}

// GetPolicyOutput is the policy and its document.
type GetPolicyOutput struct {
	Policy               Policy
	DefaultPolicyVersion PolicyVersion
}

// A PolicyVersion is a document of a policy.
type PolicyVersion struct {
	VersionID        string `json:"VersionId"`
	IsDefaultVersion bool
	PolicyDocument   string
	CreateDate       string
}

// ListPoliciesInput requests a page of the policies.
type ListPoliciesInput struct {
	PolicyType string // "": both
	Marker     string
	MaxItems   int
}

// Params lists the rows.
func (in *ListPoliciesInput) Params() []Param {
	return []Param{policyType(&in.PolicyType, false), marker(&in.Marker), maxItems(&in.MaxItems)}
}

// ListPoliciesOutput is a page of the policies.
type ListPoliciesOutput struct {
	Policies    Policies
	IsTruncated bool
	Marker      string `json:",omitempty"`
}

// Policies wraps the list as the wire does.
type Policies struct{ Policy Array[Policy] }

// UpdatePolicyDescriptionInput is a new description of a policy.
type UpdatePolicyDescriptionInput struct {
	PolicyName  string
	Description *string // nil: stays

	description string
}

// Params lists the rows.
func (in *UpdatePolicyDescriptionInput) Params() []Param {
	return []Param{
		policyName(&in.PolicyName),
		{Name: "NewDescription", Var: Text(&in.description, 1, 1024), Doc: "The new description. An empty one clears it."},
	}
}

func (in *UpdatePolicyDescriptionInput) complete(values map[string]string) error {
	in.Description = ifGiven(values, "NewDescription", &in.description)
	return nil
}

// UpdatePolicyDescriptionOutput is the policy.
type UpdatePolicyDescriptionOutput struct{ Policy Policy }

// ListEntitiesForPolicyInput names a policy.
type ListEntitiesForPolicyInput struct{ PolicyType, PolicyName string }

// Params lists the rows.
func (in *ListEntitiesForPolicyInput) Params() []Param {
	return []Param{policyType(&in.PolicyType, true), policyName(&in.PolicyName)}
}

// ListEntitiesForPolicyOutput lists those that have the policy.
type ListEntitiesForPolicyOutput struct {
	Users  Users
	Groups UserGroups
	Roles  Roles
}

// DeletePolicyInput names a policy of the account.
type DeletePolicyInput struct {
	PolicyName string
	Cascading  bool // delete all its versions
}

// Params lists the rows.
func (in *DeletePolicyInput) Params() []Param {
	return []Param{
		policyName(&in.PolicyName),
		{Name: "CascadingDelete", Label: "All versions", Var: Bool(&in.Cascading), Default: "false", Doc: "Whether a policy is deleted that has other versions than the one that counts."},
	}
}

// DeletePolicyOutput is empty.
type DeletePolicyOutput struct{}

// PolicyAttachment identifies a policy and its holder.
type PolicyAttachment struct {
	PolicyType string
	PolicyName string
	UserName   string
}

func (a *PolicyAttachment) rows() []Param {
	return []Param{policyType(&a.PolicyType, true), policyName(&a.PolicyName), userName(&a.UserName, true)}
}

// AttachPolicyToUserInput attaches a policy to a user.
type AttachPolicyToUserInput struct{ PolicyAttachment }

// Params lists the rows.
func (in *AttachPolicyToUserInput) Params() []Param { return in.rows() }

// AttachPolicyToUserOutput is empty.
type AttachPolicyToUserOutput struct{}

// DetachPolicyFromUserInput detaches a policy from a user.
type DetachPolicyFromUserInput struct{ PolicyAttachment }

// Params lists the rows.
func (in *DetachPolicyFromUserInput) Params() []Param { return in.rows() }

// DetachPolicyFromUserOutput is empty.
type DetachPolicyFromUserOutput struct{}

// ListPoliciesForUserInput names a user.
type ListPoliciesForUserInput struct{ UserName string }

// Params lists the rows.
func (in *ListPoliciesForUserInput) Params() []Param { return []Param{userName(&in.UserName, true)} }

// ListPoliciesForUserOutput lists the policies of a user.
type ListPoliciesForUserOutput struct{ Policies UserPolicies }

// UserPolicies wraps the list as the wire does.
type UserPolicies struct{ Policy Array[UserPolicy] }

// A UserPolicy is a policy attached to a user.
type UserPolicy struct {
	PolicyName     string
	PolicyType     string
	Description    string
	DefaultVersion string
	AttachDate     string
}

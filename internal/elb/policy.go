package elb

// The values of Policy.Type.
const (
	CustomPolicy = "Custom"
	SystemPolicy = "System"
)

// SystemPolicies are the policies that every account has. They are part of the
// program and not of the store, so that they change with it.
var SystemPolicies = []Policy{
	{
		Name:        "AliyunENSFullAccess",
		Type:        SystemPolicy,
		Description: "Provides full access to Edge Node Service (ENS).",
		Document: `{"Version":"1","Statement":[` +
			`{"Effect":"Allow","Action":"ens:*","Resource":"*"}]}`,
	},
	{
		Name:        "AliyunENSReadOnlyAccess",
		Type:        SystemPolicy,
		Description: "Provides read-only access to Edge Node Service (ENS).",
		Document: `{"Version":"1","Statement":[` +
			`{"Effect":"Allow","Action":["ens:Get*","ens:List*","ens:Describe*"],"Resource":"*"}]}`,
	},
}

// SystemPolicyNamed finds a system policy.
func SystemPolicyNamed(name string) (Policy, bool) {
	for _, p := range SystemPolicies {
		if p.Name == name {
			return p, true
		}
	}
	return Policy{}, false
}

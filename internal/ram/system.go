package ram

// A SystemPolicy is a policy that every account has and nobody can change.
type SystemPolicy struct {
	Name        string
	Description string
	Document    string
}

// SystemPolicies lists the system policies, by name.
func SystemPolicies() []SystemPolicy {
	return []SystemPolicy{
		{
			Name:        "AliyunENSFullAccess",
			Description: "Provides full access to Edge Node Service.",
			Document:    `{"Version":"1","Statement":[{"Effect":"Allow","Action":"ens:*","Resource":"*"}]}`,
		},
		{
			Name:        "AliyunENSReadOnlyAccess",
			Description: "Provides read-only access to Edge Node Service.",
			Document: `{"Version":"1","Statement":[{"Effect":"Allow",` +
				`"Action":["ens:Get*","ens:List*","ens:Describe*"],"Resource":"*"}]}`,
		},
	}
}

package api

// GetCallerIdentityInput has no parameters.
type GetCallerIdentityInput struct{}

// Params lists no rows.
func (in *GetCallerIdentityInput) Params() []Param { return nil }

// GetCallerIdentityOutput is the identity that signed the call.
type GetCallerIdentityOutput struct {
	IdentityType string // Account, RAMUser or AssumedRoleUser
	AccountID    string `json:"AccountId"`
	UserID       string `json:"UserId"`
	PrincipalID  string `json:"PrincipalId"`
	Arn          string
	RoleID       string `json:"RoleId,omitempty"`
}

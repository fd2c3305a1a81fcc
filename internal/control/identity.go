package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/ram"
)

// GetCallerIdentity says who signed the call.
func (s *Service) GetCallerIdentity(_ context.Context, who ram.Identity, _ *api.GetCallerIdentityInput) (api.GetCallerIdentityOutput, error) {
	if who.Root() {
		return api.GetCallerIdentityOutput{
			IdentityType: "Account",
			AccountID:    who.AccountID,
			UserID:       who.AccountID,
			PrincipalID:  who.AccountID,
			Arn:          "acs:ram::" + who.AccountID + ":root",
		}, nil
	}
	return api.GetCallerIdentityOutput{
		IdentityType: "RAMUser",
		AccountID:    who.AccountID,
		UserID:       who.UserID,
		PrincipalID:  who.UserID,
		Arn:          "acs:ram::" + who.AccountID + ":user/" + who.UserName,
	}, nil
}

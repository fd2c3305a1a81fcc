package control

import (
	"context"

	"elbow/internal/api"
	"elbow/internal/ram"
)

// GetCallerIdentity returns the identity that signed the call.
func (s *roleAPI) GetCallerIdentity(_ context.Context, who ram.Identity, _ *api.GetCallerIdentityInput) (api.GetCallerIdentityOutput, error) {
	if who.Root() {
		return api.GetCallerIdentityOutput{
			IdentityType: "Account",
			AccountID:    who.AccountID,
			UserID:       who.AccountID,
			PrincipalID:  who.AccountID,
			Arn:          ramARN(who.AccountID, "root"),
		}, nil
	}
	if who.RoleName != "" {
		return api.GetCallerIdentityOutput{
			IdentityType: "AssumedRoleUser",
			AccountID:    who.AccountID,
			UserID:       who.UserID + ":" + who.SessionName,
			PrincipalID:  who.UserID + ":" + who.SessionName,
			RoleID:       who.UserID,
			Arn:          ramARN(who.AccountID, "assumed-role/"+who.RoleName+"/"+who.SessionName),
		}, nil
	}
	return api.GetCallerIdentityOutput{
		IdentityType: "RAMUser",
		AccountID:    who.AccountID,
		UserID:       who.UserID,
		PrincipalID:  who.UserID,
		Arn:          ramARN(who.AccountID, "user/"+who.UserName),
	}, nil
}

package control

import (
	"context"
	"fmt"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/ram"
	"elbow/internal/store"
)

// maxChainedSession bounds a session that is opened by another session, as in
// STS: otherwise one that has lost the trust of a role could go on by opening one
// session after the other, each as long as a role allows.
const maxChainedSession = time.Hour

// AssumeRole opens a session of a role for a caller whom the role trusts. Nothing
// is stored: the token is the session.
func (s *roleAPI) AssumeRole(ctx context.Context, who ram.Identity, in *api.AssumeRoleInput) (out api.AssumeRoleOutput, err error) {
	if who.Root() {
		return out, api.ErrRoleByRoot.New()
	}
	if in.Policy != "" {
		if _, err := ram.Parse(in.Policy); err != nil {
			return out, api.ErrMalformedPolicyDocument.New(err.Error())
		}
	}
	role, err := s.trustedRole(ctx, who, in)
	if err != nil {
		return out, err
	}
	longest := role.MaxSession
	if who.RoleName != "" {
		longest = min(longest, maxChainedSession)
	}
	if in.Duration > longest {
		return out, api.InvalidField("DurationSeconds").Because(fmt.Sprintf("DurationSeconds must be at most %d for this role and caller", int(longest.Seconds())))
	}
	session := store.RoleSession{
		AccessKeyID: elb.NewSessionKeyID(), Secret: elb.NewAccessKeySecret(), RoleName: role.Name, RoleID: role.ID,
		Name: in.SessionName, Policy: in.Policy, Expires: s.now().Add(in.Duration).UTC().Truncate(time.Second),
	}
	token, err := s.store.SealSession(session)
	if err != nil {
		return out, err
	}
	out.AssumedRoleUser = api.AssumedRoleUser{
		Arn:           ramARN(who.AccountID, "assumed-role/"+role.Name+"/"+session.Name),
		AssumedRoleID: role.ID + ":" + session.Name,
	}
	out.Credentials = api.Credentials{
		AccessKeyID: session.AccessKeyID, AccessKeySecret: session.Secret, SecurityToken: token, Expiration: api.Timestamp(session.Expires),
	}
	return out, nil
}

// trustedRole returns the role, if it trusts the caller. A role that does not
// exist gives the same error as one that does not trust the caller only where no
// policy allows assuming it: the gateway has checked that before.
func (s *roleAPI) trustedRole(ctx context.Context, who ram.Identity, in *api.AssumeRoleInput) (role elb.Role, err error) {
	if in.Role.AccountID != who.AccountID {
		return role, api.ErrNotTrusted.New()
	}
	err = s.store.View(ctx, func(r *store.Reader) error {
		role, err = roleNamed(r, in.Role.Name)
		return err
	})
	if err != nil {
		return role, err
	}
	trust, err := ram.ParseTrust(role.Trust)
	if err != nil {
		return role, err // it was valid when it was stored
	}
	origin := api.OriginOf(ctx)
	conditions := ram.Conditions{
		SourceIP: origin.Source, SecureTransport: origin.Secure, CurrentTime: s.now(), ExternalID: in.ExternalID,
	}
	if !trust.Allows(principalsOf(who), conditions) {
		return role, api.ErrNotTrusted.New()
	}
	return role, nil
}

// principalsOf are the names of a caller in trust policies.
func principalsOf(who ram.Identity) []string {
	own := "user/" + who.UserName
	if who.RoleName != "" {
		own = "role/" + who.RoleName
	}
	return []string{ramARN(who.AccountID, "root"), ramARN(who.AccountID, own)}
}

package store

import (
	"context"

	"elbow/internal/elb"
	"elbow/internal/ram"
)

var (
	accounts   = kind[elb.Account]{name: "account"}
	users      = kind[elb.User]{name: "user"}
	accessKeys = kind[elb.AccessKey]{
		name: "access key",
		secrets: func(k *elb.AccessKey, each func(string) (string, error)) (err error) {
			k.Secret, err = each(k.Secret)
			return err
		},
	}
	policies = kind[elb.Policy]{name: "policy"}
	logins   = kind[elb.LoginProfile]{
		name: "login profile",
		secrets: func(p *elb.LoginProfile, each func(string) (string, error)) (err error) {
			p.PasswordHash, err = each(p.PasswordHash)
			return err
		},
	}
)

// Account reads the account, which exists after the first start.
func (r *Reader) Account() (elb.Account, bool) { return read(r, accounts, accountKey) }

// PutAccount writes the account.
func (tx *Tx) PutAccount(a elb.Account) { put(tx, accounts, accountKey, a) }

// User reads one user.
func (r *Reader) User(name string) (elb.User, bool) {
	return read(r, users, under(userPrefix, name))
}

// UsersAfter lists users in the order of their names: at most n, those after the
// name.
func (r *Reader) UsersAfter(name string, n int) []elb.User {
	return listAfter(r, users, userPrefix, name, n)
}

// PutUser writes a user.
func (tx *Tx) PutUser(u elb.User) { put(tx, users, under(userPrefix, u.Name), u) }

// DeleteUser deletes a user.
func (tx *Tx) DeleteUser(name string) { tx.delete(under(userPrefix, name)) }

// AccessKey reads one access key with its secret.
func (r *Reader) AccessKey(id string) (elb.AccessKey, bool) {
	return read(r, accessKeys, under(accessKeyPrefix, id))
}

// AccessKeys lists the access keys of all users in the order of their ids.
func (r *Reader) AccessKeys() []elb.AccessKey { return list(r, accessKeys, accessKeyPrefix) }

// PutAccessKey writes an access key.
func (tx *Tx) PutAccessKey(k elb.AccessKey) {
	put(tx, accessKeys, under(accessKeyPrefix, k.ID), k)
	tx.index(keyOfUser(k))
}

// MoveAccessKey assigns an access key to a user of another name.
func (tx *Tx) MoveAccessKey(k elb.AccessKey, userName string) {
	tx.unindex(keyOfUser(k))
	k.UserName = userName
	tx.PutAccessKey(k)
}

// DeleteAccessKey deletes an access key.
func (tx *Tx) DeleteAccessKey(k elb.AccessKey) {
	tx.delete(under(accessKeyPrefix, k.ID))
	tx.unindex(keyOfUser(k))
}

// Policy reads one Custom policy.
func (r *Reader) Policy(name string) (elb.Policy, bool) {
	return read(r, policies, under(policyPrefix, name))
}

// PoliciesAfter lists Custom policies in the order of their names: at most n, those
// after the name.
func (r *Reader) PoliciesAfter(name string, n int) []elb.Policy {
	return listAfter(r, policies, policyPrefix, name, n)
}

// PutPolicy writes a Custom policy.
func (tx *Tx) PutPolicy(p elb.Policy) { put(tx, policies, under(policyPrefix, p.Name), p) }

// DeletePolicy deletes a Custom policy.
func (tx *Tx) DeletePolicy(name string) { tx.delete(under(policyPrefix, name)) }

// LoginProfile reads the login profile of a user.
func (r *Reader) LoginProfile(userName string) (elb.LoginProfile, bool) {
	return read(r, logins, under(loginPrefix, userName))
}

// PutLoginProfile writes the login profile of a user.
func (tx *Tx) PutLoginProfile(p elb.LoginProfile) {
	put(tx, logins, under(loginPrefix, p.UserName), p)
}

// DeleteLoginProfile deletes the login profile of a user.
func (tx *Tx) DeleteLoginProfile(userName string) { tx.delete(under(loginPrefix, userName)) }

// A Credential is everything needed to authenticate and authorize a call.
type Credential struct {
	Account  elb.Account
	Key      elb.AccessKey
	User     elb.User     // zero for root
	Policies []elb.Policy // attached to the user or to the user's groups, Custom and System
}

// Credential reads everything that belongs to an access key, at one revision.
// found is false if there is no such key.
func (s *Store) Credential(ctx context.Context, accessKeyID string) (c Credential, found bool, err error) {
	err = s.View(ctx, func(r *Reader) error {
		if c.Key, found = r.AccessKey(accessKeyID); !found {
			return nil
		}
		c.Account, _ = r.Account()
		if c.Key.UserName == "" {
			return nil
		}
		c.User, found = r.User(c.Key.UserName)
		c.Policies = r.policiesOf(c.Key.UserName)
		return nil
	})
	return c, found, err
}

// A Login is everything needed to authorize a user who signed in with a password.
type Login struct {
	Account  elb.Account
	User     elb.User
	Profile  elb.LoginProfile
	Policies []elb.Policy // attached to the user or to the user's groups, Custom and System
}

// Login reads everything that belongs to a user, at one revision. found is false
// if there is no such user or the user has no login profile.
func (s *Store) Login(ctx context.Context, userName string) (l Login, found bool, err error) {
	err = s.View(ctx, func(r *Reader) error {
		if l.User, found = r.User(userName); !found {
			return nil
		}
		l.Account, _ = r.Account()
		l.Profile, found = r.LoginProfile(userName)
		l.Policies = r.policiesOf(userName)
		return nil
	})
	return l, found, err
}

// PoliciesOf reads the policies of a user and of the user's groups, Custom and
// System.
func (s *Store) PoliciesOf(ctx context.Context, userName string) (all []elb.Policy, err error) {
	err = s.View(ctx, func(r *Reader) error {
		all = r.policiesOf(userName)
		return nil
	})
	return all, err
}

// policiesOf reads the policies of a user and of the user's groups, each once.
func (r *Reader) policiesOf(userName string) (all []elb.Policy) {
	holders := []elb.Holder{{UserName: userName}}
	for _, m := range r.GroupsOf(userName) {
		holders = append(holders, elb.Holder{GroupID: m.GroupID})
	}
	return r.policiesOfAll(holders)
}

// policiesOfAll reads the policies of holders, each once.
func (r *Reader) policiesOfAll(holders []elb.Holder) (all []elb.Policy) {
	seen := make(map[string]bool)
	for _, h := range holders {
		for _, a := range r.AttachmentsOf(h) {
			id := under(a.PolicyType+"/", a.PolicyName)
			if p, ok := r.policyOf(a); ok && !seen[id] {
				seen[id] = true
				all = append(all, p)
			}
		}
	}
	return all
}

// policyOf reads the policy of an attachment. System policies are part of the
// program.
func (r *Reader) policyOf(a elb.Attachment) (elb.Policy, bool) {
	if a.PolicyType == elb.CustomPolicy {
		return r.Policy(a.PolicyName)
	}
	for _, p := range ram.SystemPolicies() {
		if p.Name == a.PolicyName {
			return elb.Policy{Name: p.Name, Type: elb.SystemPolicy, Description: p.Description, Document: p.Document}, true
		}
	}
	return elb.Policy{}, false
}

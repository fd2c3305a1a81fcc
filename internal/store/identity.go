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
	roles    = kind[elb.Role]{name: "role"}
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

// AccessKeys are the access keys of all users and of the account, by id.
var AccessKeys = accessKeyTable{Table[elb.AccessKey]{accessKeys, accessKeyPrefix, func(v *elb.AccessKey) string { return v.ID }}}

type accessKeyTable struct{ Table[elb.AccessKey] }

// Of lists the access keys of a user or, without a name, of the account, in the
// order of their ids.
func (t *accessKeyTable) Of(s Snapshot, userName string) (all []elb.AccessKey) {
	for _, id := range s.reader().some(keysOf(userName), 0) {
		if k, found := t.Get(s, unescaped(id)); found {
			all = append(all, k)
		}
	}
	return all
}

// Put writes an access key.
func (t *accessKeyTable) Put(tx *Tx, k elb.AccessKey) {
	t.Table.Put(tx, k)
	tx.index(keyOfUser(k))
}

// Move assigns an access key to a user of another name.
func (t *accessKeyTable) Move(tx *Tx, k elb.AccessKey, userName string) {
	tx.unindex(keyOfUser(k))
	k.UserName = userName
	t.Put(tx, k)
}

// Delete deletes an access key.
func (t *accessKeyTable) Delete(tx *Tx, k elb.AccessKey) {
	t.Table.Delete(tx, k.ID)
	tx.unindex(keyOfUser(k))
}

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
		if c.Key, found = AccessKeys.Get(r, accessKeyID); !found {
			return nil
		}
		c.Account, _ = r.Account()
		if c.Key.UserName == "" {
			return nil
		}
		c.User, found = Users.Get(r, c.Key.UserName)
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
		if l.User, found = Users.Get(r, userName); !found {
			return nil
		}
		l.Account, _ = r.Account()
		l.Profile, found = LoginProfiles.Get(r, userName)
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
	for _, m := range Members.GroupsOf(r, userName) {
		holders = append(holders, elb.Holder{GroupID: m.GroupID})
	}
	return r.policiesOfAll(holders)
}

// policiesOfAll reads the policies of holders, each once.
func (r *Reader) policiesOfAll(holders []elb.Holder) (all []elb.Policy) {
	seen := make(map[string]bool)
	for _, h := range holders {
		for _, a := range Attachments.Of(r, h) {
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
		return Policies.Get(r, a.PolicyName)
	}
	for _, p := range ram.SystemPolicies() {
		if p.Name == a.PolicyName {
			return elb.Policy{Name: p.Name, Type: elb.SystemPolicy, Description: p.Description, Document: p.Document}, true
		}
	}
	return elb.Policy{}, false
}

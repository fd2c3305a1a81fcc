package control_test

import (
	"fmt"
	"testing"

	"elbow/internal/elb"
	"elbow/internal/store"
)

// An account has as many users, groups, roles and policies as in RAM, and no more; those
// that are deleted make room.
func TestAccountLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trust := `{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1000:root"]}}]}`
	for _, tt := range []struct {
		limit  int
		put    func(tx *store.Tx, name string)
		create string
		p      params
		remove string
		code   string
	}{
		{5000, func(tx *store.Tx, name string) { store.Users.Put(tx, elb.User{ID: name, Name: name}) }, "CreateUser", params{"UserName": "last"}, "DeleteUser", "LimitExceeded.User"},
		{300, func(tx *store.Tx, name string) { store.Groups.Put(tx, elb.Group{ID: name, Name: name}) }, "CreateGroup", params{"GroupName": "last"}, "DeleteGroup", "LimitExceeded.Group"},
		{1000, func(tx *store.Tx, name string) { store.Roles.Put(tx, elb.Role{ID: name, Name: name}) }, "CreateRole", params{"RoleName": "last", "AssumeRolePolicyDocument": trust}, "DeleteRole", "LimitExceeded.Role"},
		{1500, func(tx *store.Tx, name string) {
			store.Policies.Put(tx, elb.Policy{Name: name, Type: elb.CustomPolicy, Document: allowAll})
		}, "CreatePolicy", params{"PolicyName": "last", "PolicyDocument": allowAll}, "DeletePolicy", "LimitExceeded.Policy"},
	} {
		const batch = 50
		for from := 0; from < tt.limit-1; from += batch {
			w.put(func(tx *store.Tx) {
				for i := from; i < min(from+batch, tt.limit-1); i++ {
					tt.put(tx, fmt.Sprintf("other-%05d", i))
				}
			})
		}
		w.do(tt.create, tt.p)
		name := map[string]string{"CreateUser": "UserName", "CreateGroup": "GroupName", "CreateRole": "RoleName", "CreatePolicy": "PolicyName"}[tt.create]
		w.refuse(tt.create, tt.p.with(params{name: "one-more"}), tt.code)
		w.do(tt.remove, params{name: "last"})
		w.do(tt.create, tt.p)
	}
}

package console

import (
	"errors"

	"elbow/internal/api"
)

// A usersPage shows a range of the users, and the form to create one.
type usersPage struct {
	Users []api.User
	Next  string // marker of the next page
	New   form
	Open  bool // the form is shown unfolded
}

// userPages show users with their keys and logins, and create, change and delete them.
type userPages struct{ *visit }

func (v userPages) users() error { return v.userList(200, nil, nil) }

func (v userPages) userList(status int, values map[string]string, failed error) error {
	out, err := ask[api.ListUsersOutput](v.visit, "ListUsers", map[string]string{"Marker": v.r.URL.Query().Get("after"), "MaxItems": "50"})
	if err != nil {
		return err
	}
	v.render(status, "users", "Users", usersPage{
		Users: out.Users.User, Next: out.Marker, Open: failed != nil,
		New: formPages(v).formOf(operation("CreateUser"), values, failed, nil),
	})
	return nil
}

func (v userPages) createUser() error {
	op := operation("CreateUser")
	values := formPages(v).values(op)
	if _, err := v.do(op.Name, values); err != nil {
		return v.userList(v.problemOf(err).Status, values, err)
	}
	return v.done(at("users", values["UserName"]), "The user is made, and may do nothing yet: attach a policy.")
}

// A userPage shows one user.
type userPage struct {
	api.User
	Keys        part[[]api.AccessKey]
	Policies    part[[]api.UserPolicy]
	Groups      part[[]userGroup]
	Login       part[api.LoginProfile]
	HasLogin    bool
	MayLogin    bool     // may set a password or change the login
	MayTest     bool     // may see the effect of the user's policies
	Deletable   bool     // as far as is known: has no keys, policies and groups
	Offered     []option // policies that can be attached
	NewKey      *api.AccessKey
	LoginFailed string // the error of the password that was sent
}

// A userGroup is a group of a user with the policies of the group.
type userGroup struct {
	api.RAMGroup
	Policies part[[]api.UserPolicy]
}

// A part is a section of a page, which the visitor may not be allowed to see.
type part[T any] struct {
	Value   T
	Problem *problem
}

// partOf converts the result of a call to a section of a page.
func partOf[T any](v *visit, value T, err error) part[T] {
	if err == nil {
		return part[T]{Value: value}
	}
	return part[T]{Problem: problemIf(v, err)}
}

func (v userPages) user() error { return v.showUser(200, nil, "") }

// of returns the parameter that names the user of the page.
func (v userPages) of() map[string]string { return v.holder().of() }

// userAt returns the page of the user.
func (v userPages) userAt() string { return at("users", v.r.PathValue("user")) }

// holder returns the user of the page.
func (v userPages) holder() holder { return holder{"User", v.r.PathValue("user"), v.userAt()} }

// showUser shows a user, and a key that was just created: its secret is shown on this one
// page only.
func (v userPages) showUser(status int, made *api.AccessKey, loginFailed string) error {
	user, err := ask[api.GetUserOutput](v.visit, "GetUser", v.of())
	if err != nil {
		return err
	}
	page := userPage{User: user.User, NewKey: made, LoginFailed: loginFailed}
	keys, err := ask[api.ListAccessKeysOutput](v.visit, "ListAccessKeys", v.of())
	page.Keys = partOf(v.visit, []api.AccessKey(keys.AccessKeys.AccessKey), err)
	policies, err := holderPages(v).policies(v.holder())
	page.Policies = partOf(v.visit, policies, err)
	page.Groups = v.groupsOfUser()
	login, err := ask[api.GetLoginProfileOutput](v.visit, "GetLoginProfile", v.of())
	page.HasLogin = err == nil
	if call, ok := errors.AsType[*refused](err); ok && call.answer.Code == string(api.ErrLoginProfileNotExist) {
		err = nil
	}
	page.Login = partOf(v.visit, login.LoginProfile, err)
	page.Offered = holderPages(v).attachable(v.holder(), page.Policies.Value)
	action := "CreateLoginProfile"
	if page.HasLogin {
		action = "UpdateLoginProfile"
	}
	page.Deletable = len(page.Keys.Value) == 0 && len(page.Policies.Value) == 0 && len(page.Groups.Value) == 0
	page.MayLogin, page.MayTest = v.mayCall(operation(action), v.of()), v.mayCall(operation("ListPoliciesForUser"), v.of())
	v.render(status, "user", "User "+user.User.UserName, page)
	return nil
}

// groupsOfUser returns the groups of the page's user, each with its policies.
func (v userPages) groupsOfUser() part[[]userGroup] {
	out, err := ask[api.ListGroupsForUserOutput](v.visit, "ListGroupsForUser", v.of())
	var all []userGroup
	for _, g := range out.Groups.Group {
		policies, err := holderPages(v).policies(holder{kind: "Group", name: g.GroupName})
		all = append(all, userGroup{g, partOf(v.visit, policies, err)})
	}
	return partOf(v.visit, all, err)
}

func (v userPages) deleteUserPage() error {
	return formPages(v).confirm(question{
		Call: "DeleteUser", Params: v.of(), Title: "Delete the user " + v.r.PathValue("user") + "?", Button: "Delete",
		Text: "Access keys and policies have to be taken away first; the password goes with the user.", Do: v.userAt() + "/delete", Back: v.userAt(),
	})
}

func (v userPages) deleteUser() error {
	return formPages(v).delete("DeleteUser", v.of(), v.userAt(), "users", "The user is deleted.")
}

func (v userPages) createKey() error {
	out, err := ask[api.CreateAccessKeyOutput](v.visit, "CreateAccessKey", v.of())
	if err != nil {
		return formPages(v).failed(v.userAt(), err)
	}
	return v.showUser(200, &out.AccessKey, "")
}

// withKey adds the key of a form to the parameters.
func (v userPages) withKey() map[string]string {
	params := v.of()
	params["UserAccessKeyId"] = v.r.FormValue("key")
	return params
}

func (v userPages) switchKey() error {
	params := v.withKey()
	params["Status"] = v.r.PostFormValue("status")
	done := "The access key is active."
	if params["Status"] == api.KeyInactive {
		done = "The access key is off. Who signed in with it is signed out."
	}
	return formPages(v).act("UpdateAccessKey", params, v.userAt(), done)
}

func (v userPages) deleteKeyPage() error {
	return formPages(v).confirm(question{
		Call: "DeleteAccessKey", Params: v.of(), Title: "Delete the access key " + v.r.FormValue("key") + "?", Text: "Whatever signs with it fails from then on. To try that out, switch it off first.",
		Facts: stopPages(v).keyFacts(v.r.FormValue("key")),
		Do:    v.userAt() + "/keys/delete", Back: v.userAt(), Button: "Delete", With: map[string]string{"key": v.r.FormValue("key")},
	})
}

func (v userPages) deleteKey() error {
	return formPages(v).act("DeleteAccessKey", v.withKey(), v.userAt(), "The access key is deleted.")
}

func (v userPages) attachPolicy() error { return holderPages(v).attach(v.holder()) }

func (v userPages) detachPolicy() error { return holderPages(v).detach(v.holder()) }

// setLogin gives the user a password, or changes the existing login.
func (v userPages) setLogin() error {
	params := v.of()
	if password := v.r.PostFormValue("password"); password != "" {
		params["Password"] = password
	}
	params["PasswordResetRequired"] = trueIf(v.r.PostFormValue("reset") != "")
	if v.r.PostFormValue("there") == "" {
		return v.tryLogin("CreateLoginProfile", params, "The user can sign in to the console.")
	}
	return v.tryLogin("UpdateLoginProfile", params, "The sign-in of the user is changed.")
}

// tryLogin makes a call of setLogin. An error of the password is shown beside its field.
func (v userPages) tryLogin(action string, params map[string]string, done string) error {
	_, err := v.do(action, params)
	if err == nil {
		return v.done(v.userAt(), done)
	}
	p := v.problemOf(err)
	if fieldOf(err, operation(action).New().Params()) != "Password" {
		return formPages(v).failed(v.userAt(), err)
	}
	return v.showUser(p.Status, nil, formPages(v).fieldSentence(err, "Password", operation(action).New().Params()))
}

func (v userPages) deleteLogin() error {
	return formPages(v).act("DeleteLoginProfile", v.of(), v.userAt(), "The user has no password any more, and is signed out.")
}

func trueIf(is bool) string {
	if is {
		return "true"
	}
	return "false"
}

package console

import (
	"net/http"
)

// A passwordForm is the page on which visitors change their own password.
type passwordForm struct {
	Must   bool // the password has to be changed before anything else
	Failed string
	Field  string // the field of the error: old, new or again; "" if it is about none
}

func (v accountPages) passwordPage() error {
	return v.show("password", "Change password", passwordForm{Must: v.person.MustReset})
}

// changePassword makes a call of the API. The session goes on with the new password; all
// other sessions of the user end.
func (v accountPages) changePassword() error {
	form := passwordForm{Must: v.person.MustReset}
	next := v.r.PostFormValue("new")
	if next != v.r.PostFormValue("again") {
		form.Failed, form.Field = "The two new passwords differ.", "again"
		v.render(http.StatusBadRequest, "password", "Change password", form)
		return nil
	}
	_, err := v.do("ChangePassword", map[string]string{"OldPassword": v.r.PostFormValue("old"), "NewPassword": next})
	if err != nil {
		p := v.problemOf(err)
		form.Failed = p.Text
		rows := operation("ChangePassword").New().Params()
		if at := fieldOf(err, rows); at != "" {
			form.Failed = formPages(v).fieldSentence(err, at, rows)
			form.Field = map[string]string{"OldPassword": "old", "NewPassword": "new"}[at]
		}
		v.render(p.Status, "password", "Change password", form)
		return nil
	}
	p, err := v.User(v.r.Context(), v.person.Identity.UserName, next)
	if err != nil {
		return err
	}
	v.session.become(p)
	return v.done("", "The password is changed. Your other sessions have ended.")
}

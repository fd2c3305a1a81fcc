package console

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"elbow/internal/lockout"
)

// ErrSignIn is the error of Config.Key and Config.User for a failed sign-in, whatever the
// reason, so that the reason is not revealed.
var ErrSignIn = errors.New("no such person")

// ErrSecondFactor is the error of Config.User for a user with the right password who needs
// a second factor.
var ErrSecondFactor = errors.New("a second factor is asked for, and there is none")

// A signInForm is the content of the sign-in page.
type signInForm struct {
	ByPassword bool // as a user; otherwise with an access key
	Name       string
	Back       string
	Failed     string // why the sign-in failed
}

// accountPages are the pages of the visitor's own account: signing in and out, the
// password, the theme.
type accountPages struct{ *visit }

func (v accountPages) signInPage() error {
	if v.session != nil {
		v.redirect(back(v.r))
		return nil
	}
	return v.show("signin", "Sign in", signInForm{ByPassword: v.r.FormValue("by") == "password", Back: v.r.FormValue("back")})
}

// signIn begins a session. Unknown names, wrong secrets and disabled keys all have the
// same answer.
func (v accountPages) signIn() error {
	form := signInForm{
		ByPassword: v.r.PostFormValue("by") == "password", Name: v.r.PostFormValue("name"), Back: v.r.PostFormValue("back"),
	}
	p, err := v.check(form, v.r.PostFormValue("secret"))
	var wait waitError
	switch {
	case errors.As(err, &wait):
		form.Failed = wait.Error()
		v.render(http.StatusTooManyRequests, "signin", "Sign in", form)
		return nil
	case errors.Is(err, ErrSecondFactor):
		form.Failed = "This user has to prove a second factor, which this server does not have. Use an access key, or have MFABindRequired switched off."
	case errors.Is(err, ErrSignIn), err != nil && v.r.Context().Err() != nil: // or the client has disconnected
		v.Log.Warn("console sign-in refused", "name", cut(form.Name), "source", source(v.r))
		form.Failed = "No such access key or user, or the secret is wrong."
	case err != nil:
		return err
	}
	if err != nil {
		v.render(http.StatusForbidden, "signin", "Sign in", form)
		return nil
	}
	token, session := v.sessions.begin(p)
	setCookie(v.w, v.r, sessionCookie, token, 0)
	setCookie(v.w, v.r, formCookie, "", 0)
	v.session, v.person = session, p
	if _, err := v.do(signingIn, nil); err != nil { // recorded in the audit log
		v.Log.Warn("console sign-in not audited", "err", err)
	}
	v.redirect(back(v.r))
	return nil
}

// check authenticates a sign-in.
func (v accountPages) check(form signInForm, secret string) (Person, error) {
	if len(form.Name) > maxName || len(secret) > maxName || form.Name == "" {
		return Person{}, ErrSignIn
	}
	id := lockout.Identity{Name: form.Name, Password: form.ByPassword}
	from := source(v.r)
	wait := v.Lockout.Attempt(id, from)
	if wait > 0 && (form.ByPassword || !from.IsLoopback()) {
		return Person{}, waitError(wait)
	}
	find := v.Key
	if form.ByPassword {
		find = v.User
		places := v.signing
		if v.Lockout.Familiar(id, from) {
			places = v.signingAgain
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			v.Lockout.Withdraw(id, from)
			return Person{}, waitError(time.Second)
		}
	}
	p, err := find(v.r.Context(), form.Name, secret)
	if wait > 0 && (err != nil || !p.Identity.Root()) {
		// On the machine itself the right root key is accepted whatever failed there
		// before: the operator must not be locked out. A signed call could be used to
		// guess the key as well.
		return Person{}, waitError(wait)
	}
	if err == nil {
		v.Lockout.Succeeded(id, from)
	}
	return p, err
}

// maxName bounds a name or a secret of a sign-in, in bytes.
const maxName = 128

// cut bounds a text of an unauthenticated client in the log.
func cut(s string) string { return s[:min(len(s), maxName)] }

// A waitError refuses a sign-in after too many failures.
type waitError time.Duration

func (e waitError) Error() string {
	wait := time.Duration(e)
	if wait <= time.Second {
		return "Many people sign in at this moment. Try again."
	}
	return fmt.Sprintf("Too many sign-ins have failed. Try again in %s.", plural(int((wait+time.Minute-1)/time.Minute), "minute"))
}

// signOut ends the session.
func (v accountPages) signOut() error {
	v.sessions.finish(v.session)
	setCookie(v.w, v.r, sessionCookie, "", 0)
	v.redirect("signin")
	return nil
}

package console

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"elbow/internal/lockout"
)

// ErrSignIn is how Config.Key and Config.User refuse: whatever was wrong, it
// reads the same.
var ErrSignIn = errors.New("no such person")

// ErrSecondFactor is how Config.User refuses a user who has to prove a second
// factor, after the password was right.
var ErrSecondFactor = errors.New("a second factor is asked for, and there is none")

// A signInForm is what the sign-in page shows.
type signInForm struct {
	ByPassword bool // as a user; else with an access key
	Name       string
	Back       string
	Failed     string // why it did not work
}

// accountPages are those of the visitor's own: signing in and out, the password, the theme.
type accountPages struct{ *visit }

func (v accountPages) signInPage() error {
	if v.session != nil {
		v.redirect(back(v.r))
		return nil
	}
	return v.show("signin", "Sign in", signInForm{ByPassword: v.r.FormValue("by") == "password", Back: v.r.FormValue("back")})
}

// signIn begins a session. Unknown names, wrong secrets and keys that are off
// all end in the same answer.
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
	case errors.Is(err, ErrSignIn), err != nil && v.r.Context().Err() != nil: // or the client has left
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
	if _, err := v.do(signingIn, nil); err != nil { // for the audit log
		v.Log.Warn("console sign-in not audited", "err", err)
	}
	v.redirect(back(v.r))
	return nil
}

// check finds who signs in.
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
		// The right key of root is taken on the machine itself, whoever has guessed
		// there before: it is the way in that must not be shut. A signed call can be
		// used to guess it as well.
		return Person{}, waitError(wait)
	}
	if err == nil {
		v.Lockout.Succeeded(id, from)
	}
	return p, err
}

// maxName bounds what is tried as a name or a secret, in bytes.
const maxName = 128

// cut bounds a stranger's text in the log.
func cut(s string) string { return s[:min(len(s), maxName)] }

// A waitError refuses who has failed too often.
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

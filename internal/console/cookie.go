package console

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// The cookies. All of them are for Path alone.
const (
	sessionCookie = "elbow-session"
	formCookie    = "elbow-form"  // of a visitor who is not signed in: the tokens of forms are derived from it
	themeCookie   = "elbow-theme" // light or dark
)

// setCookie sets a cookie that scripts cannot read and that other sites do not send.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name: name, Value: value, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	}
	switch {
	case value == "":
		cookie.MaxAge = -1
	case life > 0:
		cookie.MaxAge = int(life / time.Second)
	}
	http.SetCookie(w, cookie)
}

func cookieOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// An anonymous derives the form tokens of visitors who are not signed in: a keyed hash of
// a cookie that is set with the page of the form.
type anonymous struct{ key [32]byte }

func newAnonymous() *anonymous {
	return &anonymous{sha256.Sum256([]byte(newToken()))}
}

func (a *anonymous) token(cookie string) string {
	mac := hmac.New(sha256.New, a.key[:])
	mac.Write([]byte(cookie))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

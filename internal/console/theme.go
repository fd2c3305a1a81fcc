package console

import (
	"net/http"
	"time"
)

// themeLife is how long a browser remembers the theme.
const themeLife = 365 * 24 * time.Hour

// theme is the one that was chosen, or empty for what the system says.
func theme(r *http.Request) string {
	if t := cookieOf(r, themeCookie); t == "light" || t == "dark" {
		return t
	}
	return ""
}

// chooseTheme keeps the choice in a cookie.
func (v accountPages) chooseTheme() error {
	choice := v.r.PostFormValue("theme")
	if choice != "light" && choice != "dark" {
		choice = ""
	}
	setCookie(v.w, v.r, themeCookie, choice, themeLife)
	v.redirect(back(v.r))
	return nil
}

package console

import (
	"net/http"
	"time"
)

// themeLife is the lifetime of the theme's cookie.
const themeLife = 365 * 24 * time.Hour

// theme returns the chosen theme, or "" for the setting of the system.
func theme(r *http.Request) string {
	if t := cookieOf(r, themeCookie); t == "light" || t == "dark" {
		return t
	}
	return ""
}

// chooseTheme stores the choice in a cookie.
func (v accountPages) chooseTheme() error {
	choice := v.r.PostFormValue("theme")
	if choice != "light" && choice != "dark" {
		choice = ""
	}
	setCookie(v.w, v.r, themeCookie, choice, themeLife)
	v.redirect(back(v.r))
	return nil
}

package proxy

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"elbow/internal/balance"
	"elbow/internal/leak"
)

// A session cookie is not set on an answer that a shared cache may store: an answer that
// says it is cacheable is sent without the cookie, and one that says nothing becomes
// private.
func TestSessionCookieAndCaches(t *testing.T) {
	leak.Check(t)
	const (
		cookie  = "cookie"
		private = "cookie and private"
		none    = "no cookie"
	)
	hour := time.Now().Add(time.Hour).UTC()
	later := hour.Format(http.TimeFormat)
	before := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	for _, tt := range []struct {
		method, head, want string // head: status, then fields
	}{
		{"GET", "200 OK\r\n", private},
		{"GET", "200 OK\r\nLast-Modified: " + before + "\r\n", private},
		{"GET", "200 OK\r\nETag: \"a\"\r\n", private},
		{"GET", "200 OK\r\nCache-Control: no-transform\r\n", private},
		{"GET", "200 OK\r\nCache-Control: must-revalidate\r\n", private},
		{"GET", "200 OK\r\nCache-Control: no-cache\r\n", private},
		{"GET", "200 OK\r\nCache-Control: max-age=0\r\n", private},
		{"GET", "200 OK\r\nCache-Control: max-age=0\r\nExpires: " + later + "\r\n", private},
		{"GET", "200 OK\r\nExpires: " + before + "\r\n", private},
		{"GET", "200 OK\r\nExpires: 0\r\n", private},
		{"GET", "200 OK\r\nCache-Control: private=\"X-Name\"\r\n", private},
		{"GET", "404 Not Found\r\n", private},
		{"GET", "200 OK\r\nCache-Control: no-store, must-understand\r\n", private},
		{"GET", "200 OK\r\nCache-Control: no-cache=\"Set-Cookie2\"\r\n", private},
		{"GET", "451 No\r\n", private},
		{"HEAD", "200 OK\r\n", private},
		{"QUERY", "200 OK\r\n", private},

		{"GET", "200 OK\r\nCache-Control: public, max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: public\r\n", none},
		{"GET", "200 OK\r\nCACHE-CONTROL: PUBLIC\r\n", none},
		{"GET", "200 OK\r\nCache-Control: max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: max-age=\"60\"\r\n", none},
		{"GET", "200 OK\r\nCache-Control: no-transform\r\nCache-Control: max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: s-maxage=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: max-age=0, s-maxage=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: public, no-cache\r\n", none},
		{"GET", "200 OK\r\nCache-Control: x=\"private, no-store\", max-age=60\r\n", none},
		{"GET", "200 OK\r\nExpires: " + later + "\r\n", none},
		{"GET", "200 OK\r\nCDN-Cache-Control: max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: private\r\nCDN-Cache-Control: max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: no-store\r\nSurrogate-Control: max-age=60\r\n", none},
		{"GET", "302 Found\r\nExpires: " + later + "\r\nExpires: " + before + "\r\n", none},
		{"GET", "302 Found\r\nExpires: " + hour.Format("Monday, 02-Jan-06 15:04:05 GMT") + "\r\n", none},
		{"GET", "302 Found\r\nExpires: " + hour.Format(time.ANSIC) + "\r\n", none},
		{"GET", "200 OK\r\nCache-Control: no-store, must-understand, max-age=60\r\n", none},
		{"GET", "200 OK\r\nCache-Control: must-understand\r\nCache-Control: no-store\r\nExpires: " + later + "\r\n", none},
		{"GET", "200 OK\r\nCache-Control: no-cache=\"Set-Cookie2\", max-age=60\r\n", none},
		{"QUERY", "200 OK\r\nCache-Control: max-age=60\r\n", none},
		{"GET", "304 Not Modified\r\n", none},
		{"GET", "304 Not Modified\r\nETag: \"a\"\r\n", none},
		{"GET", "302 Found\r\nCache-Control: max-age=60\r\n", none},
		{"GET", "500 Oops\r\nCache-Control: public\r\n", none},
		{"HEAD", "200 OK\r\nCache-Control: public\r\n", none},
		{"POST", "200 OK\r\nCache-Control: max-age=60\r\nContent-Location: /x\r\n", none},

		{"GET", "200 OK\r\nCache-Control: private\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: private, max-age=60\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: no-store\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: no-cache, no-store, must-revalidate\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: no-cache=\"Set-Cookie\", max-age=60\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: private, no-store, must-understand\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: private=\"set-cookie, x\", max-age=60\r\n", cookie},
		{"GET", "200 OK\r\nCache-Control: private\r\nCDN-Cache-Control: no-store\r\n", cookie},
		{"GET", "302 Found\r\n", cookie},
		{"GET", "500 Oops\r\n", cookie},
		{"GET", "304 Not Modified\r\nCache-Control: private\r\n", cookie},
		{"POST", "200 OK\r\n", cookie},
		{"POST", "200 OK\r\nCache-Control: max-age=60\r\n", cookie},
		{"DELETE", "200 OK\r\n", cookie},
	} {
		each(t, func(t *testing.T, v version) {
			leak.Check(t)
			head := tt.head
			backend := scripted(t, func(_ int, p *peer) {
				_ = p.head()
				p.send("HTTP/1.1 " + head + "Content-Length: 0\r\nConnection: close\r\n\r\n")
			})
			r := newRig(t, []string{backend}, func(_ *Options, c *Config) {
				m := new(balance.Member)
				m.SetHealth(balance.Healthy)
				c.Sticky = balance.NewInsert(&balance.Group{Members: []*balance.Member{m}, Weights: []int{100}}, make([]byte, 32), time.Minute, balance.NoSameSite)
			})
			resp, _, err := r.asker(v).ask(tt.method + " / HTTP/1.1\r\nHost: elbow.test\r\nContent-Length: 0\r\n\r\n").answer(tt.method)
			if err != nil {
				t.Fatal(err)
			}
			got := none
			if len(resp.Header["Set-Cookie"]) > 0 {
				got = cookie
				if fields := resp.Header["Cache-Control"]; len(fields) > 0 && fields[len(fields)-1] == "private" && !strings.Contains(tt.head, ": private\r\n") {
					got = private
				}
			}
			if got != tt.want {
				t.Errorf("%s, %q: got %s, want %s (%v)", tt.method, tt.head, got, tt.want, resp.Header)
			}
		})
	}
}

package balance

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// now is the time in the tests, Unix seconds.
const now = 1_700_000_000

// cookieGroup has a member of each kind that a cookie may stand for.
func cookieGroup() *Group {
	g := newGroup(100, 100, 0, 100)
	g.Members[1].SetHealth(Unhealthy)
	g.Members[3].SetHealth(Unknown)
	return g
}

// tokenOf returns the token of member i-<i>, whether it is in the group or not.
func tokenOf(i int) string {
	t := newTokens(newGroup(1, 1, 1, 1, 1), seed)
	return string(t.of[i][:])
}

// serverID is a SERVERID cookie of member i.
func serverID(i int, last, first int64) string {
	return fmt.Sprintf("SERVERID=%s|%d|%d", tokenOf(i), last, first)
}

func TestTokens(t *testing.T) {
	g := newGroup(1, 1)
	a, again := newTokens(g, seed), newTokens(g, seed)
	other := newTokens(g, []byte("another seed of another listener"))
	for i := range g.Members {
		if a.of[i] != again.of[i] {
			t.Errorf("member %d: two nodes make different tokens, %s and %s", i, a.of[i], again.of[i])
		}
		if _, ours := other.lookup(a.of[i][:]); ours {
			t.Errorf("member %d: another listener takes the token for its own", i)
		}
		if got, ours := a.lookup(a.of[i][:]); got != i || !ours {
			t.Errorf("member %d: got %d, %v", i, got, ours)
		}
	}
	gone := bytes.Clone(a.of[0][:])
	gone[tokenLen-1] ^= 1 // still a hexadecimal digit
	if got, ours := a.lookup(gone); got != -1 || !ours {
		t.Errorf("token of a member that is gone: got %d, %v, want -1, true", got, ours)
	}
	for _, bad := range []string{"", string(a.of[0][:31]), string(a.of[0][:]) + "0", strings.ToUpper(string(a.of[0][:])), string(a.of[0][:31]) + "g"} {
		if got, ours := a.lookup([]byte(bad)); got != -1 || ours {
			t.Errorf("%q: got %d, %v, want -1, false", bad, got, ours)
		}
	}
}

// A token reveals nothing of the member it stands for.
func TestTokenIsOpaque(t *testing.T) {
	g := newGroup(1)
	g.Members[0].ID = "i-0123abcd:8080"
	tokens := newTokens(g, seed)
	if s := string(tokens.of[0][:]); strings.Contains(s, "0123abcd") {
		t.Errorf("got %q", s)
	}
}

func TestInsertReadCookie(t *testing.T) {
	s := NewInsert(cookieGroup(), seed, time.Minute, NoSameSite)
	good := serverID(0, now-10, now-100)
	session := Session{Member: 0, First: now - 100, Last: now - 10}
	for _, tt := range []struct {
		name, field, passed string
		want                Session
	}{
		{"alone", good, "", session},
		{"first", good + "; a=b", "a=b", session},
		{"last", "a=b; " + good, "a=b", session},
		{"between", "a=b; " + good + "; c=d", "a=b; c=d", session},
		{"no white space", "a=b;" + good + ";c=d", "a=b; c=d", session},
		{"much white space", " \ta=b ;\t " + good + " ; c=d ", "a=b; c=d", session},
		{"around the equals sign", "SERVERID = " + strings.TrimPrefix(good, "SERVERID="), "", session},
		{"quoted", `SERVERID="` + strings.TrimPrefix(good, "SERVERID=") + `"`, "", session},
		{"weight 0 keeps its clients", serverID(2, now, now), "", Session{2, now, now}},
		{"unknown health keeps its clients", serverID(3, now, now), "", Session{3, now, now}},
		{"at the end of its time", serverID(0, now-60, 5), "", Session{0, 5, now - 60}},
		{"written by a node whose clock is ahead", serverID(0, now+86400, now+86400), "", Session{0, now + 86400, now + 86400}},
		{"written in 1970", serverID(0, now, 0), "", Session{0, 0, now}},
		{"invalid before valid", "SERVERID=x; " + good, "", session},
		{"valid twice", good + "; " + serverID(2, now, now), "", session},
		{"unhealthy before usable", serverID(1, now, now) + "; " + good, "", session},

		{"no cookie", "", "", noSession},
		{"others only", "a=b;  c=d", "a=b;  c=d", noSession},
		{"others with the name inside", "XSERVERID=1; a=SERVERID", "XSERVERID=1; a=SERVERID", noSession},
		{"name in lower case", "serverid=1; SERVERIDX=2", "serverid=1; SERVERIDX=2", noSession},
		{"pair without a value", "SERVERID; a=b", "SERVERID; a=b", noSession},
		{"semicolons only", ";;SERVERID=;;", "", noSession},
		{"unhealthy member", serverID(1, now, now), "", noSession},
		{"member that is gone", serverID(4, now, now), "", noSession},
		{"expired", serverID(0, now-61, now-61), "", noSession},
		{"too far ahead", serverID(0, now+86401, now), "", noSession},
		{"first too far ahead", serverID(0, now, now+86401), "", noSession},
		{"empty", "SERVERID=", "", noSession},
		{"no times", "SERVERID=" + tokenOf(0), "", noSession},
		{"one time", "SERVERID=" + tokenOf(0) + "|5", "", noSession},
		{"three times", serverID(0, now, now) + "|5", "", noSession},
		{"negative", serverID(0, now, -1), "", noSession},
		{"plus sign", "SERVERID=" + tokenOf(0) + "|+1700000000|1700000000", "", noSession},
		{"leading zero", "SERVERID=" + tokenOf(0) + "|01700000000|1700000000", "", noSession},
		{"overflow", "SERVERID=" + tokenOf(0) + "|18446744073709551617|1", "", noSession},
		{"thousands of digits", "SERVERID=" + tokenOf(0) + "|" + strings.Repeat("9", 9000) + "|1", "", noSession},
		{"white space inside", "SERVERID=" + tokenOf(0) + "| 1700000000|1700000000", "", noSession},
		{"one quote", `SERVERID="` + strings.TrimPrefix(good, "SERVERID="), "", noSession},
		{"token in upper case", "SERVERID=" + strings.ToUpper(tokenOf(0)) + "|1700000000|1700000000", "", noSession},
		{"token of zeros", "SERVERID=" + strings.Repeat("0", 32) + "|1700000000|1700000000", "", noSession},
		{"NUL bytes", "SERVERID=\x00\x00|\x00|\x00", "", noSession},
	} {
		passed, got := s.ReadCookie([]byte("> "), []byte(tt.field), now)
		if string(passed) != "> "+tt.passed || got != tt.want {
			t.Errorf("%s: %q:\n got %q %+v\nwant %q %+v", tt.name, tt.field, passed, got, "> "+tt.passed, tt.want)
		}
	}
}

// A cookie cut off anywhere is not valid, except in its last digits, where the
// time becomes an earlier one.
func TestInsertCookieTruncated(t *testing.T) {
	s := NewInsert(cookieGroup(), seed, time.Minute, NoSameSite)
	whole := serverID(0, now, now)
	for n := range len(whole) - len("700000000") {
		if _, got := s.ReadCookie(nil, []byte(whole[:n]), now); got != noSession {
			t.Errorf("%q: got %+v, want none", whole[:n], got)
		}
	}
}

func TestInsertSetCookie(t *testing.T) {
	s := NewInsert(cookieGroup(), seed, time.Minute, NoSameSite)
	for _, tt := range []struct {
		name   string
		was    Session
		member int
		want   string
	}{
		{"first response", noSession, 0, serverID(0, now, now)},
		{"later", Session{0, now - 50, now - 9}, 0, serverID(0, now, now-50)},
		{"within the same second", Session{0, now - 50, now}, 0, ""},
		{"our clock is behind", Session{0, now + 3, now + 3}, 0, serverID(0, now, now+3)},
		{"moved to another member", Session{0, now - 50, now}, 2, serverID(2, now, now)},
	} {
		if tt.want != "" {
			tt.want += "; Path=/; HttpOnly; Secure"
		}
		if got := s.AppendSetCookie([]byte("> "), tt.was, tt.member, now); string(got) != "> "+tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, "> "+tt.want)
		}
	}
	theirs := "SERVERID=of-the-backend; Path=/"
	if got := s.RewriteSetCookie(nil, []byte(theirs), 0); string(got) != theirs {
		t.Errorf("the backend's cookie: got %q, want %q", got, theirs)
	}
}

// Browsers refuse a cookie with SameSite=None that has not Secure, and one with Secure
// that came without TLS.
func TestInsertAttributes(t *testing.T) {
	for _, tt := range []struct {
		site       SameSite
		tls, plain string
	}{
		{NoSameSite, "; Path=/; HttpOnly; Secure", "; Path=/; HttpOnly"},
		{SameSiteNone, "; Path=/; HttpOnly; Secure; SameSite=None", "; Path=/; HttpOnly"},
		{SameSiteLax, "; Path=/; HttpOnly; Secure; SameSite=Lax", "; Path=/; HttpOnly; SameSite=Lax"},
		{SameSiteStrict, "; Path=/; HttpOnly; Secure; SameSite=Strict", "; Path=/; HttpOnly; SameSite=Strict"},
	} {
		for want, s := range map[string]Sticky{
			tt.tls:   NewInsert(cookieGroup(), seed, time.Minute, tt.site),
			tt.plain: NewPlainInsert(cookieGroup(), seed, time.Minute, tt.site),
		} {
			if got := string(s.AppendSetCookie(nil, noSession, 0, now)); got != serverID(0, now, now)+want {
				t.Errorf("SameSite %q: got %q, want %q after the value", tt.site, got, want)
			}
		}
	}
}

func TestServerReadCookie(t *testing.T) {
	s := NewServer(cookieGroup(), seed, "app")
	mark := func(i int) string { return tokenOf(i) + "~" }
	for _, tt := range []struct {
		name, field, passed string
		member              int
	}{
		{"alone", "app=" + mark(0) + "v", "app=v", 0},
		{"among others", "a=b;app=" + mark(0) + "v;c=d", "a=b; app=v; c=d", 0},
		{"empty value", "app=" + mark(0), "app=", 0},
		{"value with a tilde", "app=" + mark(0) + "x~y", "app=x~y", 0},
		{"value with an equals sign", "app=" + mark(0) + "x=y==", "app=x=y==", 0},
		{"quoted", `app="` + mark(0) + `v"`, `app="v"`, 0},
		{"empty quoted", `app="` + mark(0) + `"`, `app=""`, 0},
		{"quoted with attributes, as the JDK sends a cookie with Max-Age", `$Version="1"; app="` + mark(0) + `v";$Path="/";$Domain="shop.test"`, `$Version="1"; app="v"; $Path="/"; $Domain="shop.test"`, 0},
		{"weight 0 keeps its clients", "app=" + mark(2) + "v", "app=v", 2},
		{"unknown health keeps its clients", "app=" + mark(3) + "v", "app=v", 3},
		{"twice", "app=" + mark(0) + "v; app=" + mark(2) + "w", "app=v; app=w", 0},
		{"unhealthy before usable", "app=" + mark(1) + "v; app=" + mark(2) + "w", "app=v; app=w", 2},
		{"not ours before ours", "app=x; app=" + mark(2) + "w", "app=x; app=w", 2},

		{"unhealthy member", "app=" + mark(1) + "v", "app=v", -1},
		{"member that is gone", "app=" + mark(4) + "v", "app=v", -1},
		{"not marked", "app=v", "app=v", -1},
		{"token without a tilde", "app=" + tokenOf(0), "app=" + tokenOf(0), -1},
		{"token of another listener", "app=" + strings.Repeat("0", 32) + "~v", "app=" + strings.Repeat("0", 32) + "~v", -1},
		{"another name", "b=" + mark(0) + "v; app2=" + mark(0) + "v", "b=" + mark(0) + "v; app2=" + mark(0) + "v", -1},
		{"name in upper case", "APP=" + mark(0) + "v", "APP=" + mark(0) + "v", -1},
		{"one quote", `app="` + mark(0) + "v", `app="` + mark(0) + "v", -1},
		{"untouched, white space and all", "a=b;  c=d ;", "a=b;  c=d ;", -1},
		{"empty", "", "", -1},
	} {
		passed, got := s.ReadCookie([]byte("> "), []byte(tt.field), now)
		if want := (Session{Member: tt.member}); string(passed) != "> "+tt.passed || got != want {
			t.Errorf("%s: %q:\n got %q %+v\nwant %q %+v", tt.name, tt.field, passed, got, "> "+tt.passed, want)
		}
	}
}

func TestServerSetCookie(t *testing.T) {
	s := NewServer(cookieGroup(), seed, "app")
	mark := tokenOf(2) + "~"
	for _, tt := range []struct{ name, field, want string }{
		{"plain", "app=v", "app=" + mark + "v"},
		{"attributes", "app=v; Path=/; Max-Age=5; HttpOnly", "app=" + mark + "v; Path=/; Max-Age=5; HttpOnly"},
		{"empty, to delete it", "app=; Max-Age=0", "app=" + mark + "; Max-Age=0"},
		{"empty, with white space", "app= ; Max-Age=0", "app= " + mark + "; Max-Age=0"},
		{"quoted", `app="v"; Path=/`, `app="` + mark + `v"; Path=/`},
		{"empty quoted", `app=""`, `app="` + mark + `"`},
		{"white space", "app = v", "app = " + mark + "v"},
		{"equals sign in the value", "app=a=b", "app=" + mark + "a=b"},
		{"another cookie", "b=app=v; Path=/", "b=app=v; Path=/"},
		{"name in an attribute", "b=v; app=x", "b=v; app=x"},
		{"name in upper case", "APP=v", "APP=v"},
		{"no value", "app", "app"},
		{"empty field", "", ""},
	} {
		if got := s.RewriteSetCookie([]byte("> "), []byte(tt.field), 2); string(got) != "> "+tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, "> "+tt.want)
		}
	}
	if got := s.AppendSetCookie(nil, noSession, 0, now); len(got) > 0 {
		t.Errorf("a cookie of ours in server mode: %q", got)
	}
}

func TestStickyDoesNotAllocate(t *testing.T) {
	long := strings.Repeat("n", 200)
	for name, tt := range map[string]struct {
		sticky     Sticky
		in, cookie string
	}{
		"insert": {NewInsert(cookieGroup(), seed, time.Minute, NoSameSite), "a=b; " + serverID(0, now-5, now-9) + "; c=d", "a=b"},
		"server": {NewServer(cookieGroup(), seed, long), "a=b; " + long + "=" + tokenOf(0) + "~v", long + "=v; Path=/"},
	} {
		in, cookie := []byte(tt.in), []byte(tt.cookie)
		buf := make([]byte, 0, 1024)
		allocs := testing.AllocsPerRun(100, func() {
			out, session := tt.sticky.ReadCookie(buf, in, now)
			out = tt.sticky.AppendSetCookie(out, session, 0, now)
			_ = tt.sticky.RewriteSetCookie(out, cookie, 0)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations an exchange, want 0", name, allocs)
		}
	}
}

// Whatever a client sends, no cookie of ours is passed on to the backend, the
// others are in their order, and a session is one that we could have written.
func FuzzInsertReadCookie(f *testing.F) {
	s := NewInsert(cookieGroup(), seed, time.Minute, NoSameSite)
	for _, field := range []string{"", "a=b", serverID(0, now, now), "a=b; " + serverID(2, now-5, 3) + "; c=d", `SERVERID="x"; a`, ";;=;", serverID(0, now+86401, now)} {
		f.Add([]byte(field))
	}
	f.Fuzz(func(t *testing.T, field []byte) {
		passed, session := s.ReadCookie(nil, field, now)
		again, none := s.ReadCookie(nil, passed, now)
		if none != noSession || !bytes.Equal(again, passed) {
			t.Errorf("%q: %q is left, of which a second reading makes %q %+v", field, passed, again, none)
		}
		if session == noSession {
			return
		}
		if session.Last < now-60 || session.Last > now+maxClockSkew || session.First > now+maxClockSkew {
			t.Errorf("%q: session %+v is out of time", field, session)
		}
		if session.Member == 1 {
			t.Errorf("%q: session with an unhealthy member", field)
		}
	})
}

// What a backend sets comes back to it unchanged.
func FuzzServerRoundTrip(f *testing.F) {
	s := NewServer(cookieGroup(), seed, "app")
	for _, value := range []string{"", "v", `"v"`, `""`, `"`, "a=b", "a~b", tokenOf(0) + "~x", " v "} {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if bytes.ContainsAny(value, ";\r\n\x00") {
			t.Skip("no value of a cookie")
		}
		set := s.RewriteSetCookie(nil, append([]byte("app="), value...), 2)
		got, session := s.ReadCookie(nil, set, now)
		want := append([]byte("app="), trim(value)...)
		if !bytes.Equal(got, want) || session.Member != 2 {
			t.Errorf("%q became %q, came back as %q of member %d", value, set, got, session.Member)
		}
	})
}

// No field a client sends makes a backend see a token.
func FuzzServerReadCookie(f *testing.F) {
	s := NewServer(cookieGroup(), seed, "app")
	for _, field := range []string{"", "app=" + tokenOf(0) + "~v", "a=b; app=" + tokenOf(1) + "~", ";;=;", `app="` + tokenOf(4) + `~"`} {
		f.Add([]byte(field))
	}
	f.Fuzz(func(t *testing.T, field []byte) {
		passed, session := s.ReadCookie(nil, field, now)
		if len(passed) > len(field)*2+2 {
			t.Errorf("%q grew to %q", field, passed)
		}
		if session.Member == 1 || session.Member > 3 || session.Member < -1 {
			t.Errorf("%q: session with member %d", field, session.Member)
		}
	})
}

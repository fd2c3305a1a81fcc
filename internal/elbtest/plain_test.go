package elbtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"

	"elbow/internal/leak"
)

// plainClient returns a client that follows no redirects.
func plainClient(t *testing.T) *http.Client {
	own := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(own.CloseIdleConnections)
	return &http.Client{Transport: own, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// askPlain makes a request without a body, with these fields, and reads the answer.
func askPlain(t *testing.T, c *http.Client, method, url string, fields http.Header) (answer *http.Response, text string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, fields)
	answer, err = c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestHTTPListener(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	b := NewBackend(t, "a")
	b.Serve(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "for=%v proto=%s port=%s", r.Header.Values("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"), r.Header.Get("X-Forwarded-Port"))
	})
	s := NewSite(t, n, b)
	at := s.ListenOf(t, "HTTP", nil)
	port := portOf(at)
	c := plainClient(t)
	for _, tt := range []struct {
		set       string
		forwarded []string
		want      string
	}{
		{"off", nil, "[]"},
		{"off", []string{"192.0.2.1"}, "[192.0.2.1]"},
		{"on", nil, "[127.0.0.1]"},
		{"on", []string{"192.0.2.1"}, "[192.0.2.1, 127.0.0.1]"},
	} {
		if err := s.SetOf("HTTP", map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port, "XForwardedFor": tt.set}); err != nil {
			t.Fatal(err)
		}
		want := "for=" + tt.want + " proto=http port=" + port
		Eventually(t, func() error {
			if _, got := askPlain(t, c, "GET", "http://"+at+"/x", http.Header{"X-Forwarded-For": tt.forwarded}); got != want {
				return fmt.Errorf("XForwardedFor=%s, sent %v: got %s, want %s", tt.set, tt.forwarded, got, want)
			}
			return nil
		})
	}
}

// An HTTP listener with ListenerForward redirects every request to the HTTPS listener.
func TestHTTPListenerForwards(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"))
	front := s.Listen(t, nil)
	at := s.ListenOf(t, "HTTP", map[string]string{"ListenerForward": "on", "ForwardPort": front.Port})
	for method, status := range map[string]int{"GET": 301, "POST": 308} {
		answer, _ := askPlain(t, plainClient(t), method, "http://"+at+"/a?b", nil)
		if got, want := answer.Header.Get("Location"), "https://"+s.Address+":"+front.Port+"/a?b"; answer.StatusCode != status || got != want {
			t.Errorf("%s: got %d to %q, want %d to %q", method, answer.StatusCode, got, status, want)
		}
	}
}

// The cookie of insert is accepted by browsers without TLS.
func TestHTTPListenerSticks(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	s := NewSite(t, n, NewBackend(t, "a"), NewBackend(t, "b"))
	at := s.ListenOf(t, "HTTP", map[string]string{"StickySessionType": "insert", "CookieTimeout": "100"})
	c := plainClient(t)
	answer, first := askPlain(t, c, "GET", "http://"+at+"/", nil)
	cookies := answer.Cookies()
	if len(cookies) != 1 || cookies[0].Name != "SERVERID" || cookies[0].Secure {
		t.Fatalf("got the cookies %v", answer.Header["Set-Cookie"])
	}
	for range 5 {
		_, text := askPlain(t, c, "GET", "http://"+at+"/", http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}})
		if text != first {
			t.Errorf("got %s after %s", text, first)
		}
	}
}

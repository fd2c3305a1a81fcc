package console

import (
	"context"
	"net/http"
	"sync"
	"testing"
)

// Strangers who keep all places for the checking of passwords busy hold up neither
// sign-ins with a key nor those who have signed in from where they are before, and
// who is turned away has not used up a try.
func TestStrangersDoNotTakeAllSignIns(t *testing.T) {
	hold := make(chan struct{})
	holding := make(chan struct{}, maxSigning)
	s := newSite(t, func(c *Config) {
		find := c.User
		c.User = func(ctx context.Context, name, password string) (Person, error) {
			if password == "a-guess" {
				holding <- struct{}{}
				<-hold
			}
			return find(ctx, name, password)
		}
	})
	s.browser(t).signInAs("alice")
	var strangers sync.WaitGroup
	for i := range maxSigning {
		b := s.browser(t)
		b.get("signin")
		strangers.Go(func() {
			b.post("signin", "by", "password", "name", "stranger-"+string(rune('a'+i)), "secret", "a-guess").want(t, http.StatusForbidden)
		})
	}
	for range maxSigning {
		<-holding
	}
	b := s.browser(t)
	b.get("signin")
	for range 10 { // more than may fail
		b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusTooManyRequests, "Many people sign in at this moment")
	}
	s.browser(t).signInAs("root-key")
	s.browser(t).signInAs("alice")
	close(hold)
	strangers.Wait()
	b.post("signin", "by", "password", "name", "bob", "secret", "right").want(t, http.StatusForbidden, "No such access key or user")
}

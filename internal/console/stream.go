package console

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// eventTime bounds the writing of one event. A browser that takes longer has
	// gone without saying so.
	eventTime = 10 * time.Second

	// recheckTicks is how many events there are between two looks at whether the
	// session still holds: 30 s.
	recheckTicks = int(30 * time.Second / tick)

	// retry is what the browser waits before it connects again, in milliseconds.
	retry = 2000
)

// stream routes server-sent events for who is signed in. What it serves returns
// what is to be watched. Watching does not keep a session alive.
func (c *Console) stream(route string, serve func(*visit) (topic string, err error)) {
	c.open(route, func(v *visit) error {
		if v.session == nil {
			http.Error(v.w, "signed out", http.StatusUnauthorized)
			return nil
		}
		if v.person.MustReset {
			http.Error(v.w, "the password has to be changed first", http.StatusForbidden)
			return nil
		}
		topic, err := serve(v)
		if err != nil {
			return err
		}
		v.watch(topic)
		return nil
	})
}

// watch sends what happens until the browser leaves, the session ends or the
// server does.
func (v *visit) watch(topic string) {
	told, ok := v.live.watch(topic)
	if !ok {
		http.Error(v.w, "too many pages are watching", http.StatusServiceUnavailable)
		return
	}
	defer v.live.unwatch(topic, told)
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no") // a proxy in front must not hold events back
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Time{}) // that of the request would end its context
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(eventTime)) // without one the writes just block for longer
		if _, err := fmt.Fprint(v.w, text); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !send(fmt.Sprintf("retry: %d\n\n", retry)) {
		return
	}
	for n := 1; ; n++ {
		select {
		case <-v.r.Context().Done():
			return
		case text, open := <-told:
			if !open {
				return
			}
			if n%recheckTicks == 0 && !v.still() {
				send("event: signedout\ndata: {}\n\n")
				return
			}
			if !send("data: " + string(text) + "\n\n") {
				return
			}
		}
	}
}

// still reports whether the session has not ended meanwhile.
func (v *visit) still() bool {
	if !v.sessions.there(v.session) {
		return false
	}
	_, ok, err := v.Again(v.r.Context(), v.person)
	return ok || err != nil // a store that is away signs nobody out
}

package console

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// eventTime bounds the write of one event. A browser that takes longer counts as
	// disconnected.
	eventTime = 10 * time.Second

	// recheckTicks is the number of events between two checks of the session: 30 s.
	recheckTicks = int(30 * time.Second / tick)

	// retry is how long the browser waits before it reconnects, in milliseconds.
	retry = 2000
)

// stream routes server-sent events for signed-in visitors. serve returns the topic to
// watch. A stream does not keep its session alive.
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

// watch sends events until the browser disconnects, or the session or the server ends.
func (v *visit) watch(topic string) {
	told, ok := v.live.watch(topic)
	if !ok {
		http.Error(v.w, "too many pages are watching", http.StatusServiceUnavailable)
		return
	}
	defer v.live.unwatch(topic, told)
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.Header().Set("X-Accel-Buffering", "no") // keeps a proxy in front from buffering events
	control := http.NewResponseController(v.w)
	_ = control.SetReadDeadline(time.Time{}) // the deadline of the request would cancel its context
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(eventTime)) // if the deadline cannot be set, writes only block for longer
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

// still reports whether the session is still valid.
func (v *visit) still() bool {
	if !v.sessions.there(v.session) {
		return false
	}
	_, ok, err := v.Again(v.r.Context(), v.person)
	return ok || err != nil // an unavailable store signs nobody out
}

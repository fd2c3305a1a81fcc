package console

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// While nobody has a page of the console open, the counters of the data plane are not
// read.
func TestNothingIsReadForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks, states atomic.Int64
		l := newLive(func() State { states.Add(1); return State{} }, func() Traffic { looks.Add(1); return Traffic{} }, time.Now)
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.run(ctx)
		}()
		within := func(d time.Duration) int64 {
			before := looks.Load() + states.Load()
			time.Sleep(d)
			synctest.Wait()
			return looks.Load() + states.Load() - before
		}
		if n := within(time.Hour); n > 0 {
			t.Errorf("before anybody came: %d looks in an hour", n)
		}

		<-l.want() // a page
		if n := within(20 * time.Second); n < 9 || n > 12 {
			t.Errorf("after a page: %d looks in 20s", n)
		}
		within(linger)
		if n := within(time.Hour); n > 0 {
			t.Errorf("after the last page: %d looks in an hour", n)
		}
		if n := len(l.points("")); n > 0 {
			t.Errorf("%d points are kept", n)
		}

		told, _ := l.watch("") // a stream
		go func() {
			for range told {
			}
		}()
		if n := within(time.Hour); n < 3000 {
			t.Errorf("with a stream open: %d looks in an hour", n)
		}
		l.unwatch("", told)
		within(linger + tick)
		if n := within(time.Hour); n > 0 {
			t.Errorf("after the stream: %d looks in an hour", n)
		}

		<-l.want()
		l.close()
		within(linger + tick)
		if n := within(time.Hour); n > 0 {
			t.Errorf("after the end of all streams: %d looks in an hour", n)
		}
		end()
		<-done
		close(told)
	})
}

// The chart of the last 15 minutes starts with the samples of the history, for the time
// before the console sampled or before a takeover.
func TestChartBeforeAnybodyLooked(t *testing.T) {
	now := time.Now()
	s := newSite(t, func(c *Config) {
		c.History = func(_ context.Context, lb string, from time.Time) (points []Point, err error) {
			if lb != "" || now.Sub(from) < 14*time.Minute || now.Sub(from) > 16*time.Minute {
				t.Errorf("asked for %q from %v", lb, from)
			}
			for minute := from.Unix(); minute < now.Unix()+120; minute += 60 { // further than there are samples
				points = append(points, Point{Time: minute, Open: 7})
			}
			return points, nil
		}
	})
	b := s.signIn(t, "root-key")
	b.get("").want(t, http.StatusOK) // starts the sampling and waits for the first point
	var points []Point
	if err := json.Unmarshal([]byte(b.get("series?span=15m").text), &points); err != nil {
		t.Fatal(err)
	}
	if len(points) < 15 || points[0].Open != 7 || points[len(points)-1].Open != 0 {
		t.Errorf("got %+v, want those of the history and then what was seen", points)
	}
	for i := 1; i < len(points); i++ {
		if points[i].Time <= points[i-1].Time {
			t.Errorf("point %d is not later than the one before: %+v", i, points)
		}
	}
}

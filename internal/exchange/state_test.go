package exchange

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/leak"
)

// drawn parses the table in state.go that follows a heading. It returns its columns,
// and its rows by their first cell.
func drawn(t *testing.T, heading string) (columns []string, rows map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("state.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), heading)
	_, rest, _ = strings.Cut(rest, ":\n//\n")
	table, _, ended := strings.Cut(rest, "\n//\n")
	if !found || !ended {
		t.Fatalf("there is no table after %q", heading)
	}
	rows = make(map[string][]string)
	for _, line := range strings.Split(table, "\n") {
		cells := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(strings.TrimPrefix(line, "//\t")), -1)
		if columns == nil {
			columns = cells
			continue
		}
		rows[cells[0]] = cells[1:]
	}
	return columns, rows
}

// Every event in every state does what the tables in state.go show, and there are no
// other states or events.
func TestStatesAreAsDrawn(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		heading        string
		states, events []string
		after          func(state, event int) int
	}{
		{
			"// The answer to the client.",
			[]string{noAnswer: "none", interimSent: "interim", begun: "begun", whole: "whole", switched: "switched", broken: "broken"},
			[]string{passInterim: "interim", passHead: "head", passLast: "last", passSwitch: "switch", breakOff: "break"},
			func(state, event int) int { return int(answerState(state).after(answerEvent(event))) },
		},
		{
			"// The attempts",
			[]string{firstAttempt: "first", freshAttempt: "fresh", movedAttempt: "moved", movedFresh: "moved fresh"},
			[]string{"elsewhere", "afresh"},
			func(state, event int) int {
				next, ok := attemptState(state).after(Retry(event) + Elsewhere)
				if !ok {
					return state
				}
				return int(next)
			},
		},
		{
			"// The place",
			[]string{noPlace: "no place", queuedPlace: "queued", heldPlace: "held"},
			[]string{enterFree: "enter, free", enterFull: "enter, full", admit: "admit", leavePlace: "leave"},
			func(state, event int) int { return int(place(state).after(placeEvent(event))) },
		},
	} {
		columns, rows := drawn(t, tt.heading)
		if strings.Join(columns, ";") != strings.Join(tt.events, ";") || len(rows) != len(tt.states) {
			t.Fatalf("%s the events are %q and there are %d states, want %q and %d", tt.heading, columns, len(rows), tt.events, len(tt.states))
		}
		for state, name := range tt.states {
			for event := range tt.events {
				want := rows[name][event]
				if want == "–" {
					want = name // no transition: the state stays
				}
				if got := tt.states[tt.after(state, event)]; got != want {
					t.Errorf("%s %s, %s: got %q, drawn is %q", tt.heading, name, tt.events[event], got, want)
				}
			}
		}
	}
}

// An answer only moves forward, an exchange is tried with at most two backends and
// four times in total, and an answer that has begun is never replaced.
func TestStatesEnd(t *testing.T) {
	leak.Check(t)
	for s := range answerStates {
		for e := range answerEvents {
			switch next := s.after(e); {
			case next < s:
				t.Errorf("event %d brings an answer from %d back to %d", e, s, next)
			case s == broken && next != broken:
				t.Errorf("event %d brings a broken answer to %d", e, next)
			}
		}
	}
	for s := range attemptStates {
		for _, r := range []Retry{Elsewhere, Afresh} {
			if next, ok := s.after(r); ok && next <= s && s != freshAttempt {
				t.Errorf("retry %d brings attempt %d back to %d", r, s, next)
			}
		}
		if _, ok := s.after(Never); ok {
			t.Errorf("attempt %d is followed by another one though it may not be", s)
		}
	}
}

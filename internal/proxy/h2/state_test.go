package h2

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/leak"
)

// The names of states and events in the tables of state.go.
var (
	drawnReceives = []string{receiving: "receiving", overlong: "overlong", discarding: "discarding", cutShort: "cut short", received: "received"}
	drawnSends    = []string{silent: "silent", sending: "sending", carrying: "carrying", sent: "sent", carried: "carried"}
	drawnResets   = []string{notReset: "open", resetHere: "reset", resetByClient: "given up"}

	drawnReceiveEvents = []string{endCame: "end", endCameShort: "end, short", trailersTooLong: "trailers too long", answerComplete: "answered"}
	drawnSendEvents    = []string{headQueued: "head", tunnelBegan: "switched", endQueued: "end"}
)

// drawn parses the table in state.go under a heading. It returns its columns, and its
// rows by their first word.
func drawn(t *testing.T, heading string) (columns []string, rows map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("state.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), heading+"\n//\n")
	table, _, ended := strings.Cut(rest, "\n//\n")
	if !found || !ended {
		t.Fatalf("there is no table under %q", heading)
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
// other states or events. Once a stream is reset, neither half changes.
func TestH2StatesAreAsDrawn(t *testing.T) {
	leak.Check(t)
	for _, tt := range []struct {
		heading        string
		states, events []string
		after          func(from, e int, by reset) int
	}{
		{"// What the client sends:", drawnReceives, drawnReceiveEvents, func(from, e int, by reset) int {
			s := state{in: half(from), reset: by}
			s.receive(event(e))
			return int(s.in)
		}},
		{"// What it gets:", drawnSends, drawnSendEvents, func(from, e int, by reset) int {
			s := state{out: half(from), reset: by}
			s.send(event(e))
			return int(s.out)
		}},
		{"// And its reset:", drawnResets, []string{"by us", "by the client"}, func(from, e int, _ reset) int {
			s := state{reset: reset(from)}
			s.cut(reset(e + 1))
			return int(s.reset)
		}},
	} {
		columns, rows := drawn(t, tt.heading)
		if strings.Join(columns, ";") != strings.Join(tt.events, ";") || len(rows) != len(tt.states) {
			t.Fatalf("%s the events are %q and there are %d states, want %q and %d", tt.heading, columns, len(rows), tt.events, len(tt.states))
		}
		for from, name := range tt.states {
			for event := range tt.events {
				want := rows[name][event]
				if want == "–" {
					want = name // no transition: the state stays
				}
				if got := tt.states[tt.after(from, event, notReset)]; got != want {
					t.Errorf("%s %s, %s: got %q, drawn is %q", tt.heading, name, tt.events[event], got, want)
				}
				if got := tt.states[tt.after(from, event, resetHere)]; tt.heading != "// And its reset:" && got != name {
					t.Errorf("%s %s, %s: a stream that is reset becomes %q", tt.heading, name, tt.events[event], got)
				}
			}
		}
	}
}

// For every sequence of events, a stream is counted as closed once and stays closed,
// and a half that has ended stays ended.
func TestH2StatesEnd(t *testing.T) {
	leak.Check(t)
	var steps []func(*state)
	for e := range receiveEvents {
		steps = append(steps, func(s *state) { s.receive(e) })
	}
	for e := range sendEvents {
		steps = append(steps, func(s *state) { s.send(e) })
	}
	for by := resetHere; by < resets; by++ {
		steps = append(steps, func(s *state) { s.cut(by) })
	}
	seen := map[state]bool{{}: true}
	for todo := []state{{}}; len(todo) > 0; todo = todo[1:] {
		for _, step := range steps {
			was, s := todo[0], todo[0]
			step(&s)
			if was.closed() && !s.closed() || was.ended() && !s.ended() || was.answered() && !s.answered() || s.reset < was.reset {
				t.Errorf("%+v becomes %+v", was, s)
			}
			if !seen[s] {
				seen[s] = true
				todo = append(todo, s)
			}
		}
	}
	for in := range receives {
		for out := range sends {
			for by := range resets {
				if s := (state{in, out, by}); !seen[s] {
					t.Errorf("nothing leads to %+v", s)
				}
			}
		}
	}
}

package conformance

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"elbow/internal/leak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(leak.Main(m.Run))
}

// A requestCase describes what a client sends and the expected results. It does not depend
// on the client's protocol.
type requestCase struct {
	*block
	framed   bool     // sent over HTTP/2 or HTTP/3
	msg      *message // the request there, unless the case has frames
	arrivals []arrival
	outcomes []string // at the client: statuses, and how requests were refused
	closes   bool
	cutShort bool // the client ends the connection within a request
	together bool // sent at once only, not in pieces
	unread   bool // no other server parses it, because few accept that much
	stricter map[string]string
}

// An arrival is a request as the backend must get it.
type arrival struct {
	request
	with    []string
	without []string
}

func newRequestCase(b *block) (*requestCase, error) {
	c := &requestCase{block: b, stricter: make(map[string]string)}
	for _, r := range b.rules {
		if err := c.apply(r); err != nil {
			return nil, fmt.Errorf("%s: %s %s: %w", b.where, r.word, r.rest, err)
		}
	}
	if len(b.sent) == 0 || len(c.outcomes) == 0 && !c.cutShort {
		return nil, fmt.Errorf("%s: nothing is sent or nothing is expected", b.where)
	}
	return c, nil
}

func (c *requestCase) apply(r rule) (err error) {
	last := len(c.arrivals) - 1
	if last < 0 && (r.word == "with" || r.word == "without" || r.word == "answered") {
		return fmt.Errorf("stands before any request")
	}
	switch r.word {
	case "arrives":
		var a arrival
		if a.request, err = parseRequest(r.rest); err == nil {
			c.arrivals = append(c.arrivals, a)
			c.outcomes = append(c.outcomes, "200")
		}
	case "with":
		c.arrivals[last].with = append(c.arrivals[last].with, r.rest)
	case "without":
		c.arrivals[last].without = append(c.arrivals[last].without, r.rest)
	case "answered":
		c.outcomes[len(c.outcomes)-1] = r.rest
	case "refused":
		c.outcomes = append(c.outcomes, cmp.Or(r.rest, malformed))
		c.closes = !c.framed // in HTTP/2 and HTTP/3 other streams go on
	case "ends":
		c.outcomes = append(c.outcomes, ended+r.rest)
		c.closes = true
	case "answers":
		c.outcomes = append(c.outcomes, r.rest)
	case "closes":
		c.closes = true
	case "together":
		c.together = true
	case "unread":
		c.unread = true
	case "unfinished":
		c.closes, c.cutShort = true, true
	case "stricter":
		name, reason, found := strings.Cut(r.rest, ": ")
		if !found || !slices.Contains(readerNames, name) {
			return fmt.Errorf("names no reader and its reason")
		}
		c.stricter[name] = reason
	default:
		return fmt.Errorf("unknown word")
	}
	return err
}

// parseRequest parses "METHOD TARGET HOST BODY".
func parseRequest(s string) (r request, err error) {
	parts := strings.SplitN(s, " ", 4)
	if len(parts) < 3 {
		return r, fmt.Errorf("method, target or host is missing")
	}
	r = request{Method: parts[0], Target: parts[1], Host: parts[2]}
	if len(parts) == 4 {
		r.Body = parts[3]
	}
	return r, nil
}

// behind is the request that is sent after each case. It ends the connection.
const behind = "GET /behind HTTP/1.1\r\nHost: behind.test\r\nConnection: close\r\n\r\n"

// wanted returns all requests that must arrive.
func (c *requestCase) wanted() []arrival {
	if c.closes {
		return c.arrivals
	}
	return append(slices.Clip(c.arrivals), arrival{request: request{"GET", "/behind", "behind.test", ""}})
}

// Whatever a client sends, a backend gets the expected requests and no others, and every
// reader parses them alike.
func TestRequests(t *testing.T) {
	readers := startReaders(t)
	cases := 0
	for class, blocks := range readBlocks(t, "requests") {
		t.Run(class, func(t *testing.T) {
			for _, b := range blocks {
				c, err := newRequestCase(b)
				if err != nil {
					t.Fatal(err)
				}
				cases++
				for how, send := range http1Senders {
					if c.together && how == "pieces" {
						continue
					}
					t.Run(c.title+"/"+how, func(t *testing.T) { c.run(t, send, readers) })
				}
			}
		})
	}
	t.Logf("%d cases", cases)
}

// run sends the case through a new listener.
func (c *requestCase) run(t *testing.T, send sender, readers []reader) {
	o := newOrigin(t)
	r := newRig(t, o.l.Addr().String(), nil)
	c = c.at(r.listener.Addr().String())
	answers := send(t, r, c)
	r.close()
	recordings := o.finish(t, r.backends[0])
	c.checkAnswers(t, answers)
	var seen []request
	var heads []string
	for _, rec := range recordings {
		if rec.err != nil {
			t.Errorf("%s: ambiguous bytes arrived: %v: %q", c.where, rec.err, rec.raw.Bytes())
		}
		seen = append(seen, rec.requests...)
		heads = append(heads, rec.heads...)
	}
	if t.Failed() || !c.checkArrivals(t, "the backend", seen) {
		return
	}
	c.checkHeads(t, heads)
	if c.unread {
		return
	}
	for _, rec := range recordings {
		for _, rd := range readers {
			c.checkReading(t, rd, rec)
		}
	}
}

// at returns the case for a listener at an address.
func (c *requestCase) at(address string) *requestCase {
	here := *c
	here.arrivals = slices.Clone(c.arrivals)
	for i := range here.arrivals {
		a := &here.arrivals[i]
		a.Host = strings.ReplaceAll(a.Host, "{listener}", address)
	}
	return &here
}

// checkAnswers compares the outcomes at the client with the case.
func (c *requestCase) checkAnswers(t *testing.T, answers []string) {
	t.Helper()
	want := slices.Clip(c.outcomes)
	if !c.closes {
		want = append(want, "200") // to the request after the case
	}
	if c.cutShort && len(answers) > 0 && answers[0] >= "400" {
		return // the refusal may or may not reach the client
	}
	if !slices.Equal(answers, want) {
		t.Errorf("%s: the client got %v, want %v", c.where, answers, want)
	}
}

// checkArrivals compares the requests that one reader parsed with those that must arrive.
func (c *requestCase) checkArrivals(t *testing.T, who string, got []request) bool {
	t.Helper()
	wanted := c.wanted()
	for i := range max(len(got), len(wanted)) {
		switch {
		case i >= len(wanted):
			t.Errorf("%s: %s reads one request too many: %q", c.where, who, got[i])
			return false
		case i >= len(got):
			t.Errorf("%s: %s misses %q", c.where, who, wanted[i].request)
			return false
		case got[i] != wanted[i].request:
			t.Errorf("%s: %s reads %.500q, want %.500q", c.where, who, got[i], wanted[i].request)
			return false
		}
	}
	return true
}

// checkHeads checks which fields are present and which are absent.
func (c *requestCase) checkHeads(t *testing.T, heads []string) {
	t.Helper()
	for i, a := range c.arrivals {
		for _, line := range a.with {
			if !strings.Contains(heads[i], "\r\n"+line+"\r\n") {
				t.Errorf("%s: no %q in %q", c.where, line, heads[i])
			}
		}
		for _, name := range a.without {
			if hasField(heads[i], name) {
				t.Errorf("%s: %q arrived in %q", c.where, name, heads[i])
			}
		}
	}
}

// hasField reports whether a head has a field with a name or, if field is "name: value",
// that line.
func hasField(head, field string) bool {
	end := ":"
	if strings.Contains(field, ": ") {
		end = "\r\n"
	}
	return strings.Contains(strings.ToLower(head), "\r\n"+strings.ToLower(field)+end)
}

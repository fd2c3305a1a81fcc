package conformance

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/quic-go/quic-go"
	"golang.org/x/net/http2"
)

// A step is one action of an HTTP/2 or HTTP/3 client, below the level of messages.
type step struct {
	word    string
	bytes   string // to be sent
	streams int    // wait for so many streams to end
}

// A frameCase is a case of testdata/h2 or testdata/h3.
type frameCase struct {
	*requestCase
	steps []step
	bare  bool // only the steps are sent: no preface, no SETTINGS
	open  bool // the request's stream is not ended
}

// newFrameCase reads a case. newStep parses a step; it returns nil if the line is not a
// step.
func newFrameCase(b *block, newStep func(word, rest string) (*step, error)) (*frameCase, error) {
	c := &frameCase{requestCase: &requestCase{block: b, framed: true, stricter: make(map[string]string)}}
	for _, line := range b.lines {
		word, rest, _ := strings.Cut(line, " ")
		s, err := newStep(word, rest)
		switch {
		case err != nil:
		case s != nil:
			c.steps = append(c.steps, *s)
		case word == "bare":
			c.bare = true
		case word == "open":
			c.open = true
		default:
			if rest, err = expand(rest); err == nil {
				err = c.apply(rule{word, rest})
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", b.where, line, err)
		}
	}
	if len(c.steps) == 0 {
		return nil, fmt.Errorf("%s: nothing is sent", b.where)
	}
	return c, nil
}

var inBraces = regexp.MustCompile(`\{([^{}]*)\}`)

// encoded returns the bytes that text stands for: {get} and {post} are the usual heads,
// {name: value} is a literal field, and the rest are escapes.
func encoded(text string, literal func(field) string, prefix string) (out string, err error) {
	for {
		at := inBraces.FindStringIndex(text)
		if at == nil {
			rest, err := expand(text)
			return out + rest, err
		}
		before, err := expand(text[:at[0]])
		if err != nil {
			return out, err
		}
		out += before
		inner := text[at[0]+1 : at[1]-1]
		text = text[at[1]:]
		if method := strings.ToUpper(inner); method == "GET" || method == "POST" {
			out += prefix + literal(field{":method", method})
			for _, f := range usual[1:] {
				out += literal(f)
			}
			continue
		}
		f, err := parseField(inner)
		if err != nil {
			return out, err
		}
		out += literal(f)
	}
}

// kinds maps the names of frame types to their values.
var (
	h2Kinds = map[string]uint64{
		"DATA": 0, "HEADERS": 1, "PRIORITY": 2, "RST_STREAM": 3, "SETTINGS": 4, "PUSH_PROMISE": 5,
		"PING": 6, "GOAWAY": 7, "WINDOW_UPDATE": 8, "CONTINUATION": 9,
	}
	h3Kinds = map[string]uint64{
		"DATA": h3Data, "HEADERS": h3Headers, "CANCEL_PUSH": 3, "SETTINGS": h3Settings, "PUSH_PROMISE": 5,
		"GOAWAY": 7, "MAX_PUSH_ID": 0xd,
	}
)

func parseKind(names map[string]uint64, s string) (uint64, error) {
	if kind, ok := names[s]; ok {
		return kind, nil
	}
	return strconv.ParseUint(s, 0, 62)
}

var h2FlagNames = map[string]http2.Flags{
	"-": 0, "END_STREAM": 0x1, "ACK": 0x1, "END_HEADERS": 0x4, "PADDED": 0x8, "PRIORITY": 0x20, "ALL": 0xff,
}

// newH2Step parses "frame TYPE FLAGS STREAM BYTES", "raw BYTES" or "wait".
func newH2Step(word, rest string) (s *step, err error) {
	s = &step{word: word}
	switch word {
	case "wait":
		s.streams, err = strconv.Atoi(rest)
		return s, err
	case "raw":
		s.bytes, err = encoded(rest, hpackLiteral, "")
		return s, err
	case "frame":
		parts := strings.SplitN(rest+" ", " ", 4)
		if len(parts) < 4 {
			return nil, fmt.Errorf("type, flags or stream is missing")
		}
		kind, err := parseKind(h2Kinds, parts[0])
		if err != nil {
			return nil, err
		}
		var flags http2.Flags
		for name := range strings.SplitSeq(parts[1], ",") {
			flag, known := h2FlagNames[name]
			if !known {
				return nil, fmt.Errorf("unknown flag %s", name)
			}
			flags |= flag
		}
		stream, err := strconv.ParseUint(parts[2], 0, 32)
		if err != nil {
			return nil, err
		}
		payload, err := encoded(strings.TrimSuffix(parts[3], " "), hpackLiteral, "")
		s.bytes = h2Frame(http2.FrameType(kind), flags, uint32(stream), payload)
		return s, err
	}
	return nil, nil
}

// h2BehindStream is a stream id above those of all cases.
const h2BehindStream = 1001

// sendH2 sends the frames of the case, and then behindMessage.
func (fc *frameCase) sendH2(t *testing.T, r *rig, pieces bool) (outcomes []string) {
	c := dialH2Raw(t, r)
	defer c.close()
	send := func(raw string) {
		for size := 1 + len(raw)/16; pieces && len(raw) > size; raw = raw[size:] {
			c.write(raw[:size])
		}
		c.write(raw)
	}
	var raw string
	if !fc.bare {
		raw = http2.ClientPreface + h2Frame(http2.FrameSettings, 0, 0, "")
	}
	for _, s := range fc.steps {
		if s.word == "wait" {
			send(raw)
			c.awaitEnded(s.streams)
			raw = ""
		}
		raw += s.bytes
	}
	send(raw)
	if !fc.closes {
		c.awaitEnded(len(fc.outcomes))
	}
	c.next = h2BehindStream
	_, gone := c.ask(behindMessage)
	for _, id := range slices.Sorted(maps.Keys(c.answers)) {
		outcomes = append(outcomes, c.answers[id].outcomes()...)
	}
	if gone != "" {
		outcomes = append(outcomes, ended+gone)
	}
	return outcomes
}

// TestH2Frames and TestH3Frames send what exists in one of the two versions only.
func TestH2Frames(t *testing.T) {
	testFrames(t, "h2", newH2Step, (*frameCase).sendH2)
}

func TestH3Frames(t *testing.T) {
	testFrames(t, "h3", newH3Step, (*frameCase).sendH3)
}

func testFrames(t *testing.T, dir string, newStep func(word, rest string) (*step, error), send func(*frameCase, *testing.T, *rig, bool) []string) {
	readers := startReaders(t)
	cases := 0
	for class, blocks := range readBlocks(t, dir) {
		t.Run(class, func(t *testing.T) {
			for _, b := range blocks {
				c, err := newFrameCase(b, newStep)
				if err != nil {
					t.Fatal(err)
				}
				cases++
				for how, pieces := range map[string]bool{"whole": false, "pieces": true} {
					t.Run(c.title+"/"+how, func(t *testing.T) {
						c.run(t, func(t *testing.T, r *rig, _ *requestCase) []string { return send(c, t, r, pieces) }, readers)
					})
				}
			}
		})
	}
	t.Logf("%d cases", cases)
}

// newH3Step parses "frame TYPE BYTES", "raw BYTES", "uni BYTES" or "fin".
func newH3Step(word, rest string) (s *step, err error) {
	s = &step{word: word}
	switch word {
	case "fin":
		return s, nil
	case "raw", "uni":
	case "frame":
		var name string
		name, rest, _ = strings.Cut(rest, " ")
		kind, err := parseKind(h3Kinds, name)
		if err != nil {
			return nil, err
		}
		payload, err := encoded(rest, qpackLiteral, qpackPrefix)
		s.bytes = h3Frame(kind, payload)
		return s, err
	default:
		return nil, nil
	}
	s.bytes, err = encoded(rest, qpackLiteral, qpackPrefix)
	return s, err
}

// sendH3 sends the frames of the case on a request stream, and the other bytes on streams
// of their own.
func (fc *frameCase) sendH3(t *testing.T, r *rig, pieces bool) (outcomes []string) {
	c := dialH3Raw(t, r)
	defer c.close()
	if !fc.bare {
		c.uni(h3Control + h3Frame(h3Settings, ""))
	}
	c.pieces = pieces
	var request []string
	var last *quic.SendStream
	for _, s := range fc.steps {
		switch s.word {
		case "uni":
			last = c.uni(s.bytes)
		case "fin":
			_ = last.Close()
		default:
			request = append(request, s.bytes)
		}
	}
	if request != nil {
		a, gone := c.send(!fc.open, request...)
		if gone != "" {
			return []string{ended + gone}
		}
		outcomes = a.outcomes()
	}
	if fc.closes {
		return append(outcomes, ended+c.ended())
	}
	a, gone := c.ask(behindMessage)
	if gone != "" {
		return append(outcomes, ended+gone)
	}
	return append(outcomes, a.outcomes()...)
}

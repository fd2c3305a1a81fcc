package conformance

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A backendStep is one frame, or one field section, that an HTTP/2 backend sends on the
// stream of a request.
type backendStep struct {
	word   string  // head, data, trailers, reset, goaway
	fields []field // of head and trailers
	text   string  // of data
}

// newAnswerCase2 reads a case of testdata/answers-h2.
func newAnswerCase2(b *block) (*answerCase, error) {
	var steps []backendStep
	rules := b.rules
	b.rules = nil
	for _, line := range b.lines {
		word, rest, _ := strings.Cut(line, " ")
		last := len(steps) - 1
		switch word {
		case "head", "trailers", "reset", "goaway":
			steps = append(steps, backendStep{word: word})
		case "data":
			text, err := expand(rest)
			if err != nil {
				return nil, err
			}
			steps = append(steps, backendStep{word: word, text: text})
		case "<":
			if last < 0 || steps[last].word != "head" && steps[last].word != "trailers" {
				return nil, fmt.Errorf("%s: a field outside of a head or trailers", b.where)
			}
			text, err := expand(rest)
			if err != nil {
				return nil, err
			}
			f, err := parseField(text)
			if err != nil {
				return nil, err
			}
			steps[last].fields = append(steps[last].fields, f)
		}
	}
	for _, r := range rules {
		switch r.word {
		case "head", "trailers", "reset", "goaway", "data":
		default:
			b.rules = append(b.rules, r)
		}
	}
	c, err := newAnswerCase(b)
	if err == nil {
		c.frames = steps
	}
	return c, err
}

// TestAnswersH2 checks the same as TestAnswers with backends that speak HTTP/2 without
// TLS.
func TestAnswersH2(t *testing.T) {
	cases := 0
	for class, blocks := range readBlocks(t, "answers-h2") {
		t.Run(class, func(t *testing.T) {
			for _, b := range blocks {
				c, err := newAnswerCase2(b)
				if err != nil {
					t.Fatal(err)
				}
				cases++
				t.Run(c.title+"/h1", func(t *testing.T) { c.run(t, 1) })
				c.runByFrames(t)
			}
		})
	}
	t.Logf("%d cases", cases)
}

// A script2 is an HTTP/2 backend that answers its first request as the case says, and the
// requests for /next with "next".
type script2 struct {
	c       *answerCase
	l       net.Listener
	running sync.WaitGroup
}

func startScript2(t *testing.T, c *answerCase) *script2 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script2{c: c, l: l}
	s.running.Add(1)
	go s.accept() // ends with close, which waits for it
	return s
}

func (s *script2) accept() {
	defer s.running.Done()
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.running.Add(1)
		go s.serve(c) // ends when the proxy closes c
	}
}

func (s *script2) serve(c net.Conn) {
	defer s.running.Done()
	defer c.Close()
	if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	var out bytes.Buffer // an answer is sent with one write, so that all of it arrives at once
	f := http2.NewFramer(&out, c)
	f.AllowIllegalWrites = true
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = f.WriteSettings() // to memory
	paths := make(map[uint32]string)
	for {
		_, _ = out.WriteTo(c) // an error shows when reading
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		id := frame.Header().StreamID
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if path := frame.PseudoValue("path"); path != "" {
				paths[id] = path
			}
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			ended = frame.StreamEnded()
		}
		if !ended {
			continue
		}
		if paths[id] == "/next" {
			play(f, id, []backendStep{{word: "head", fields: []field{{":status", "200"}}}, {word: "data", text: "next"}}, false)
			continue
		}
		play(f, id, s.c.frames, s.c.open)
	}
}

// play writes the frames of the steps. The last head, data or trailers end the stream,
// unless open is set.
func play(f *http2.Framer, id uint32, steps []backendStep, open bool) {
	last := len(steps) - 1
	for last > 0 && (steps[last].word == "reset" || steps[last].word == "goaway") {
		last--
	}
	for i, step := range steps {
		ends := i == last && !open
		switch step.word {
		case "head", "trailers":
			var block bytes.Buffer
			for _, field := range step.fields {
				block.WriteString(hpackLiteral(field))
			}
			next := block.Next(maxH2Frame)
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: next, EndStream: ends, EndHeaders: block.Len() == 0})
			for block.Len() > 0 {
				next = block.Next(maxH2Frame)
				_ = f.WriteContinuation(id, block.Len() == 0, next)
			}
		case "data":
			_ = f.WriteData(id, ends, []byte(step.text))
		case "reset":
			_ = f.WriteRSTStream(id, http2.ErrCodeInternal)
		case "goaway":
			_ = f.WriteGoAway(id, http2.ErrCodeNo, nil)
		}
	}
}

func (s *script2) close() {
	_ = s.l.Close()
	s.running.Wait()
}

package ram

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A reader reads a JSON document token by token and keeps its position. Its
// methods read one value each; their errors are *SyntaxError.
type reader struct {
	doc  string
	dec  *json.Decoder
	last int // begin of the last token

	trusts bool // it reads a trust policy, whose conditions have an additional key
}

func newReader(doc string) *reader {
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	return &reader{doc: doc, dec: dec}
}

// next is the offset of the next token, the length of the document at its end.
func (r *reader) next() int {
	i := int(r.dec.InputOffset())
	for i < len(r.doc) && strings.IndexByte(" \t\r\n:,", r.doc[i]) >= 0 {
		i++
	}
	return i
}

func at(doc string, offset int, format string, args ...any) *SyntaxError {
	before := doc[:min(offset, len(doc))]
	return &SyntaxError{
		Line:   strings.Count(before, "\n") + 1,
		Column: len(before) - strings.LastIndexByte(before, '\n'),
		Reason: fmt.Sprintf(format, args...),
	}
}

func (r *reader) fail(offset int, format string, args ...any) error {
	return at(r.doc, offset, format, args...)
}

func (r *reader) token() (json.Token, error) {
	r.last = r.next()
	tok, err := r.dec.Token()
	if err == nil {
		return tok, nil
	}
	if r.last == len(r.doc) {
		return nil, r.fail(r.last, "the document ends too early")
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, r.fail(r.last, "not JSON: %s", e)
	}
	return nil, r.fail(r.last, "not JSON: %v", err)
}

// open reads the opening bracket or brace of a value of the wanted kind.
func (r *reader) open(delim json.Delim, kind string) error {
	tok, err := r.token()
	if err != nil {
		return err
	}
	if tok != delim {
		return r.fail(r.last, "%s expected, got %s", kind, describe(tok))
	}
	return nil
}

// object reads an object; member reads the value of each of its names, which
// begins at offset at.
func (r *reader) object(member func(name string, at int) error) error {
	if err := r.open('{', "an object"); err != nil {
		return err
	}
	var seen []string
	for r.dec.More() {
		tok, err := r.token()
		if err != nil {
			return err
		}
		name, ok := tok.(string)
		if !ok {
			return r.fail(r.last, "a name expected, got %s", describe(tok))
		}
		if slices.Contains(seen, name) {
			return r.fail(r.last, "%q is given twice", name)
		}
		seen = append(seen, name)
		if err := member(name, r.last); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// list reads an array; item reads each of its values.
func (r *reader) list(item func() error) error {
	if err := r.open('[', "a list"); err != nil {
		return err
	}
	return r.items(item)
}

// items reads the rest of a non-empty array, up to its bracket.
func (r *reader) items(item func() error) error {
	start := r.last
	if !r.dec.More() {
		if _, err := r.token(); err != nil {
			return err
		}
		return r.fail(start, "an empty list")
	}
	for r.dec.More() {
		if err := item(); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// values reads one scalar or an array of scalars, which mean the same.
func (r *reader) values(each func(value string) error) error {
	tok, err := r.token()
	if err != nil {
		return err
	}
	if tok != json.Delim('[') {
		value, err := r.scalar(tok)
		if err != nil {
			return err
		}
		return each(value)
	}
	return r.items(func() error {
		tok, err := r.token()
		if err != nil {
			return err
		}
		value, err := r.scalar(tok)
		if err != nil {
			return err
		}
		return each(value)
	})
}

// scalar is the text of a string, number or boolean.
func (r *reader) scalar(tok json.Token) (string, error) {
	switch tok := tok.(type) {
	case string:
		return tok, nil
	case json.Number, bool:
		return fmt.Sprint(tok), nil
	default:
		return "", r.fail(r.last, "a text, number or boolean expected, got %s", describe(tok))
	}
}

func (r *reader) text() (string, error) {
	tok, err := r.token()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", r.fail(r.last, "a text expected, got %s", describe(tok))
	}
	return s, nil
}

// oneOf reads a text that must be want.
func (r *reader) oneOf(want string) error {
	s, err := r.text()
	if err == nil && s != want {
		err = r.fail(r.last, "must be %q, not %q", want, s)
	}
	return err
}

func describe(tok json.Token) string {
	switch tok := tok.(type) {
	case json.Delim:
		return fmt.Sprintf("%q", tok.String())
	case string:
		return fmt.Sprintf("the text %q", tok)
	case json.Number:
		return "the number " + tok.String()
	case bool:
		return fmt.Sprint(tok)
	default:
		return "null"
	}
}

package ram

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A SyntaxError says what is wrong with a policy document, and where.
type SyntaxError struct {
	Line, Column int // of the first wrong character, both from 1, in bytes
	Reason       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Parse parses a policy document. It refuses everything unknown: an ignored
// element, operator or condition key might be the one that was to deny. Its
// errors are *SyntaxError.
func Parse(document string) (*Policy, error) {
	var p *Policy
	err := parseDocument(document, func(r *reader) (err error) {
		p, err = r.policy()
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// parseDocument parses a document of a bounded length, which read must consume
// completely.
func parseDocument(document string, read func(*reader) error) error {
	if len(document) > MaxDocumentBytes {
		return at(document, MaxDocumentBytes, "the document is longer than %d bytes", MaxDocumentBytes)
	}
	if i := invalidUTF8(document); i >= 0 {
		return at(document, i, "not UTF-8")
	}
	r := newReader(document)
	if err := read(r); err != nil {
		return err
	}
	if rest := r.next(); rest < len(document) {
		return at(document, rest, "text after the document")
	}
	return nil
}

func invalidUTF8(s string) int {
	for i, c := range s {
		if c != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
			return i
		}
	}
	return -1
}

func (r *reader) policy() (*Policy, error) {
	start := r.next()
	p := new(Policy)
	version := false
	err := r.object(func(name string, at int) error {
		switch name {
		case "Version":
			version = true
			return r.oneOf("1")
		case "Statement":
			return r.list(func() error {
				s, err := r.statement()
				p.statements = append(p.statements, s)
				return err
			})
		default:
			return r.fail(at, "unknown element %q: a policy has Version and Statement", name)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case !version:
		return nil, r.fail(start, "Version is missing")
	case len(p.statements) == 0:
		return nil, r.fail(start, "Statement is missing")
	}
	return p, nil
}

func (r *reader) statement() (statement, error) {
	start := r.next()
	var s statement
	effect := ""
	err := r.object(func(name string, at int) error {
		var err error
		switch name {
		case "Effect":
			effect, err = r.text()
			if err == nil && effect != "Allow" && effect != "Deny" {
				err = r.fail(r.last, "Effect must be Allow or Deny, not %q", effect)
			}
		case "Action", "NotAction":
			err = r.patterns(&s.actions, name, at, compileAction)
		case "Resource", "NotResource":
			err = r.patterns(&s.resources, name, at, compileResource)
		case "Condition":
			s.conditions, err = r.conditions()
		default:
			err = r.fail(at, "unknown element %q", name)
		}
		return err
	})
	s.deny = effect == "Deny"
	switch {
	case err != nil:
		return s, err
	case effect == "":
		return s, r.fail(start, "Effect is missing")
	case len(s.actions.list) == 0:
		return s, r.fail(start, "Action or NotAction is missing")
	case len(s.resources.list) == 0:
		return s, r.fail(start, "Resource or NotResource is missing")
	}
	return s, nil
}

// patterns parses one of a pair such as Action and NotAction, which exclude each
// other.
func (r *reader) patterns(dst *patterns, name string, at int, compile func(string) (pattern, error)) error {
	if len(dst.list) > 0 {
		positive := strings.TrimPrefix(name, "Not")
		return r.fail(at, "%s and Not%s exclude each other", positive, positive)
	}
	dst.not = strings.HasPrefix(name, "Not")
	return r.values(func(value string) error {
		p, err := compile(value)
		if err != nil {
			return r.fail(r.last, "%s: %v", name, err)
		}
		dst.list = append(dst.list, p)
		return nil
	})
}

func (r *reader) conditions() ([]condition, error) {
	var all []condition
	err := r.object(func(name string, at int) error {
		op, ok := operators[name]
		if !ok {
			return r.fail(at, "unknown operator %q", name)
		}
		return r.object(func(name string, at int) error {
			k, ok := conditionKey(name)
			if !ok && r.trusts && name == "sts:ExternalId" {
				k, ok = externalID, true
			}
			if !ok {
				return r.fail(at, "unknown condition key %q: there are acs:SourceIp, acs:SecureTransport, acs:CurrentTime and acs:MFAPresent", name)
			}
			c := condition{negated: op.negated}
			err := r.values(func(value string) error {
				t, err := op.compile(k, value)
				if err != nil {
					return r.fail(r.last, "%s: %v", name, err)
				}
				c.values = append(c.values, t)
				return nil
			})
			all = append(all, c)
			return err
		})
	})
	return all, err
}

func compileAction(s string) (pattern, error) {
	service, action, ok := strings.Cut(s, ":")
	if s != "*" && (!ok || service == "" || action == "" || strings.Contains(action, ":")) {
		return nil, fmt.Errorf("%q is neither * nor of the form service:action", s)
	}
	return compilePattern(strings.ToLower(s))
}

func compileResource(s string) (pattern, error) {
	const fields = 5 // acs:service:region:account:relative-id
	if parts := strings.SplitN(s, ":", fields); s != "*" && (len(parts) < fields || parts[0] != "acs" || parts[fields-1] == "") {
		return nil, fmt.Errorf("%q is neither * nor of the form acs:service:region:account:resource", s)
	}
	return compilePattern(s)
}

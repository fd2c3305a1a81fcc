package ram

import (
	"regexp"
	"slices"
)

// A Trust is a parsed trust policy: it says who may open sessions of a role. It
// is immutable.
type Trust struct{ statements []trustStatement }

type trustStatement struct {
	deny       bool
	principals []string // acs:ram::<account>:root, :user/<name> or :role/<name>
	conditions []condition
}

// ParseTrust parses a trust policy. Like Parse it refuses everything unknown. A
// policy that allows nobody is refused too, because a role that nobody can use is
// a mistake. Services and federated users of the cloud may be named, but do not
// exist here. Its errors are *SyntaxError.
func ParseTrust(document string) (*Trust, error) {
	var t *Trust
	err := parseDocument(document, func(r *reader) (err error) {
		t, err = r.trust()
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Allows reports whether an identity with any of these names may open a session:
// a user is acs:ram::<account>:user/<name>, and as part of the account also
// acs:ram::<account>:root.
func (t *Trust) Allows(names []string, c Conditions) bool {
	allowed := false
	for i := range t.statements {
		s := &t.statements[i]
		named := slices.ContainsFunc(s.principals, func(p string) bool { return slices.Contains(names, p) })
		if !named || slices.ContainsFunc(s.conditions, func(one condition) bool { return !one.holds(c) }) {
			continue
		}
		if s.deny {
			return false
		}
		allowed = true
	}
	return allowed
}

func (r *reader) trust() (*Trust, error) {
	r.trusts = true
	start := r.next()
	t := new(Trust)
	version, anybody := false, false
	err := r.object(func(name string, at int) error {
		switch name {
		case "Version":
			version = true
			return r.oneOf("1")
		case "Statement":
			return r.list(func() error {
				s, named, err := r.trustStatement()
				t.statements = append(t.statements, s)
				anybody = anybody || named && !s.deny
				return err
			})
		default:
			return r.fail(at, "unknown element %q: a trust policy has Version and Statement", name)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case !version:
		return nil, r.fail(start, "Version is missing")
	case len(t.statements) == 0:
		return nil, r.fail(start, "Statement is missing")
	case !anybody:
		return nil, r.fail(start, "it allows nobody: no statement with the Effect Allow has a Principal")
	}
	return t, nil
}

// trustStatement parses a statement; named says whether it has a principal of any
// kind.
func (r *reader) trustStatement() (s trustStatement, named bool, err error) {
	start := r.next()
	effect, action := "", false
	err = r.object(func(name string, at int) error {
		var err error
		switch name {
		case "Effect":
			effect, err = r.text()
			if err == nil && effect != "Allow" && effect != "Deny" {
				err = r.fail(r.last, "Effect must be Allow or Deny, not %q", effect)
			}
		case "Action":
			action = true
			err = r.values(func(value string) error {
				if value != trustAction {
					return r.fail(r.last, "Action must be %s, not %q", trustAction, value)
				}
				return nil
			})
		case "Principal":
			named, err = r.principals(&s)
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
	case effect == "":
		err = r.fail(start, "Effect is missing")
	case !action:
		err = r.fail(start, "Action is missing")
	case !named:
		err = r.fail(start, "Principal is missing or names nobody")
	}
	return s, named, err
}

// principals parses {"RAM": [...], "Service": [...]}. Only principals of RAM can
// call here.
func (r *reader) principals(s *trustStatement) (named bool, err error) {
	err = r.object(func(name string, at int) error {
		switch name {
		case "RAM", "Service", "Federated":
		default:
			return r.fail(at, "unknown kind of principal %q: there are RAM, Service and Federated", name)
		}
		return r.values(func(value string) error {
			if name == "RAM" && !principal.MatchString(value) {
				return r.fail(r.last, "%q is no principal: it must be acs:ram::ACCOUNT:root, acs:ram::ACCOUNT:user/NAME or acs:ram::ACCOUNT:role/NAME", value)
			}
			if value == "" {
				return r.fail(r.last, "an empty principal")
			}
			named = true
			if name == "RAM" {
				s.principals = append(s.principals, value)
			}
			return nil
		})
	})
	return named, err
}

// trustAction is the only action allowed in a trust policy.
const trustAction = "sts:AssumeRole"

// principal is the form of a RAM principal: wildcards are not allowed.
var principal = regexp.MustCompile(`^acs:ram::[0-9]{1,20}:(?:root|(?:user|role)/[A-Za-z0-9._-]{1,64})$`)

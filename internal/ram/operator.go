package ram

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// An operator compares values of one kind.
type operator struct {
	negated bool // see condition
	compile func(k key, value string) (test, error)
}

// operators are those of RAM's "Policy elements".
var operators = map[string]operator{
	"StringEquals":              {compile: text(same)},
	"StringNotEquals":           {compile: text(same), negated: true},
	"StringEqualsIgnoreCase":    {compile: text(sameFolded)},
	"StringNotEqualsIgnoreCase": {compile: text(sameFolded), negated: true},
	"StringLike":                {compile: text(like)},
	"StringNotLike":             {compile: text(like), negated: true},
	"NumericEquals":             {compile: numeric(equal)},
	"NumericNotEquals":          {compile: numeric(equal), negated: true},
	"NumericLessThan":           {compile: numeric(less)},
	"NumericLessThanEquals":     {compile: numeric(lessOrEqual)},
	"NumericGreaterThan":        {compile: numeric(greater)},
	"NumericGreaterThanEquals":  {compile: numeric(greaterOrEqual)},
	"DateEquals":                {compile: date(equal)},
	"DateNotEquals":             {compile: date(equal), negated: true},
	"DateLessThan":              {compile: date(less)},
	"DateLessThanEquals":        {compile: date(lessOrEqual)},
	"DateGreaterThan":           {compile: date(greater)},
	"DateGreaterThanEquals":     {compile: date(greaterOrEqual)},
	"Bool":                      {compile: boolean},
	"IpAddress":                 {compile: address},
	"NotIpAddress":              {compile: address, negated: true},
}

// errKind refuses an operator that does not apply to the key's kind of value.
// Such a condition would never hold, and a Deny under it would never deny.
var errKind = errors.New("the operator does not apply to this key")

func same(value string) (func(string) bool, error) {
	return func(s string) bool { return s == value }, nil
}

func sameFolded(value string) (func(string) bool, error) {
	return func(s string) bool { return strings.EqualFold(s, value) }, nil
}

func like(value string) (func(string) bool, error) {
	p, err := compilePattern(value)
	return p.match, err
}

// A relation says whether a comparison with the value of a policy, -1, 0 or 1,
// satisfies the operator.
type relation func(order int) bool

func equal(order int) bool          { return order == 0 }
func less(order int) bool           { return order < 0 }
func lessOrEqual(order int) bool    { return order <= 0 }
func greater(order int) bool        { return order > 0 }
func greaterOrEqual(order int) bool { return order >= 0 }

func text(compile func(value string) (func(string) bool, error)) func(key, string) (test, error) {
	return func(k key, value string) (test, error) {
		matches, err := compile(value)
		return func(c Conditions) bool { return matches(k.text(c)) }, err
	}
}

func numeric(holds relation) func(key, string) (test, error) {
	return func(k key, value string) (test, error) {
		if k.number == nil {
			return nil, errKind
		}
		want, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(want) || math.IsInf(want, 0) {
			return nil, fmt.Errorf("%q is not a number", value)
		}
		return func(c Conditions) bool {
			switch got := k.number(c); {
			case got < want:
				return holds(-1)
			case got > want:
				return holds(1)
			default:
				return holds(0)
			}
		}, nil
	}
}

// date parses a time as in RFC 3339, with optional seconds. Times are compared to
// the second.
func date(holds relation) func(key, string) (test, error) {
	return func(k key, value string) (test, error) {
		if k.date == nil {
			return nil, errKind
		}
		want, err := time.Parse(time.RFC3339, value)
		if err != nil {
			want, err = time.Parse("2006-01-02T15:04Z07:00", value)
		}
		if err != nil {
			return nil, fmt.Errorf("%q is not a time such as 2026-01-31T23:59:59Z", value)
		}
		return func(c Conditions) bool {
			return holds(k.date(c).Truncate(time.Second).Compare(want.Truncate(time.Second)))
		}, nil
	}
}

func boolean(k key, value string) (test, error) {
	if k.boolean == nil {
		return nil, errKind
	}
	switch strings.ToLower(value) {
	case "true":
		return k.boolean, nil
	case "false":
		return func(c Conditions) bool { return !k.boolean(c) }, nil
	default:
		return nil, fmt.Errorf("%q is neither true nor false", value)
	}
}

// address parses an address or a prefix in CIDR form.
func address(k key, value string) (test, error) {
	if k.address == nil {
		return nil, errKind
	}
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		addr, err := netip.ParseAddr(value)
		if err != nil || addr.Zone() != "" {
			return nil, fmt.Errorf("%q is neither an IP address nor a CIDR block", value)
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if prefix.Addr().Is4In6() {
		return nil, fmt.Errorf("%q is an IPv4 address in IPv6 form, which matches nothing: write it as IPv4", value)
	}
	prefix = prefix.Masked()
	return func(c Conditions) bool { return prefix.Contains(k.address(c)) }, nil
}

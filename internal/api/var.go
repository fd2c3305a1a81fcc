package api

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Int is a whole number from min to max.
func Int(p *int, min, max int) Var { return intVar[int]{p, int64(min), int64(max)} }

// Int64 is a whole number from min to max.
func Int64(p *int64, min, max int64) Var { return intVar[int64]{p, min, max} }

type intVar[T int | int64] struct {
	p        *T
	min, max int64
}

func (v intVar[T]) Set(s string) error {
	n, err := parseInt(s, v.min, v.max)
	if err == nil {
		*v.p = T(n)
	}
	return err
}

func (v intVar[T]) Value() any   { return *v.p }
func (v intVar[T]) Shape() Shape { return Shape{Type: Integer, Min: v.min, Max: v.max} }

// parseInt parses decimal digits with an optional minus sign.
func parseInt(s string, min, max int64) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax) || s[0] == '+':
		return 0, errors.New("is not a whole number")
	case err != nil || n < min || n > max:
		return 0, fmt.Errorf("must be from %d to %d", min, max)
	}
	return n, nil
}

// Seconds is a duration of whole seconds from min to max.
func Seconds(p *time.Duration, min, max int) Var {
	return secondsVar{p, int64(min), int64(max)}
}

type secondsVar struct {
	p        *time.Duration
	min, max int64
}

func (v secondsVar) Set(s string) error {
	n, err := parseInt(s, v.min, v.max)
	if err == nil {
		*v.p = time.Duration(n) * time.Second
	}
	return err
}

func (v secondsVar) Value() any { return seconds(*v.p) }

// seconds is a duration as in answers.
func seconds(d time.Duration) int { return int(d / time.Second) }

func (v secondsVar) Shape() Shape {
	return Shape{Type: Integer, Min: v.min, Max: v.max, Unit: "seconds"}
}

// except is v without some of the numbers.
func except(v Var, numbers []int) Var { return exceptVar{v, numbers} }

type exceptVar struct {
	Var
	numbers []int
}

func (v exceptVar) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil && slices.Contains(v.numbers, n) {
		return errors.New(v.Shape().Rule)
	}
	return v.Var.Set(s)
}

func (v exceptVar) Shape() Shape {
	s := v.Var.Shape()
	texts := make([]string, len(v.numbers))
	for i, n := range v.numbers {
		texts[i] = strconv.Itoa(n)
	}
	s.Rule = "must not be " + orList(texts)
	return s
}

// OneOf is one of the values, spelt exactly so.
func OneOf[T ~string](p *T, values ...T) Var { return enumVar[T]{p, values} }

type enumVar[T ~string] struct {
	p      *T
	values []T
}

func (v enumVar[T]) Set(s string) error {
	if !slices.Contains(v.values, T(s)) {
		return fmt.Errorf("must be %s", orList(v.Shape().Enum))
	}
	*v.p = T(s)
	return nil
}

func (v enumVar[T]) Value() any { return string(*v.p) }

func (v enumVar[T]) Shape() Shape {
	enum := make([]string, len(v.values))
	for i, x := range v.values {
		enum[i] = string(x)
	}
	return Shape{Type: String, Enum: enum}
}

// orList formats "a, b or c".
func orList(values []string) string {
	last := len(values) - 1
	if last == 0 {
		return values[0]
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// SomeOf is one of the values, or several separated by commas.
func SomeOf(p *[]string, values ...string) Var { return someVar{p, values} }

type someVar struct {
	p      *[]string
	values []string
}

func (v someVar) Set(s string) error {
	given := strings.Split(s, ",")
	for _, x := range given {
		if !slices.Contains(v.values, x) {
			return fmt.Errorf("must be %s, or several of them separated by commas", orList(v.values))
		}
	}
	*v.p = given
	return nil
}

func (v someVar) Value() any   { return strings.Join(*v.p, ",") }
func (v someVar) Shape() Shape { return Shape{Type: String, Enum: v.values, Many: true} }

// OnOff is a switch, on or off.
func OnOff(p *bool) Var { return switchVar{p, String, "on", "off"} }

// orUnset is v, and a word for no value, which calls unset.
func orUnset(word string, unset func(), v Var) Var { return unsetVar{v, word, unset} }

type unsetVar struct {
	Var
	word  string
	unset func()
}

func (v unsetVar) Set(s string) error {
	if s == v.word {
		v.unset()
		return nil
	}
	return v.Var.Set(s)
}

func (v unsetVar) Shape() Shape {
	s := v.Var.Shape()
	s.Unset = v.word
	return s
}

// Bool is a boolean, true or false.
func Bool(p *bool) Var { return switchVar{p, Boolean, "true", "false"} }

// Switch is how an answer reports a switch: on or off.
func Switch(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

type switchVar struct {
	p       *bool
	typ     Type
	yes, no string
}

func (v switchVar) Set(s string) error {
	if s != v.yes && s != v.no {
		return fmt.Errorf("must be %s or %s", v.yes, v.no)
	}
	*v.p = s == v.yes
	return nil
}

func (v switchVar) Value() any {
	if *v.p {
		return v.yes
	}
	return v.no
}

func (v switchVar) Shape() Shape { return Shape{Type: v.typ, Enum: []string{v.yes, v.no}} }

// IDs is a list of at most max names of resources, sent as Name.1, Name.2 and
// so on.
func IDs(p *[]string, max int) Var { return listVar{p, max, ID} }

type listVar struct {
	p   *[]string
	max int
	of  func(*string) Var
}

func (v listVar) Set(s string) error {
	if len(*v.p) == v.max {
		return fmt.Errorf("is one too many: at most %d are taken", v.max)
	}
	var one string
	if err := v.of(&one).Set(s); err != nil {
		return err
	}
	*v.p = append(*v.p, one)
	return nil
}

func (v listVar) Value() any   { return *v.p }
func (v listVar) Shape() Shape { return Shape{Type: List, Max: int64(v.max)} }

// Address is an IPv4 or IPv6 address without a zone.
func Address(p *netip.Addr) Var { return addressVar{p} }

type addressVar struct{ p *netip.Addr }

func (v addressVar) Set(s string) error {
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return errors.New(v.Shape().Rule)
	}
	*v.p = addr.Unmap()
	return nil
}

func (v addressVar) Value() any {
	if !v.p.IsValid() {
		return ""
	}
	return v.p.String()
}

func (v addressVar) Shape() Shape {
	return Shape{
		Type: String, Rule: "must be an IPv4 or IPv6 address",
		Valid: []string{"10.0.0.7", "2001:db8::7"},
		Wrong: []string{"10.0.0", "10.0.0.256", "10.0.0.7/32", "fe80::1%eth0", "10.0.0.7 ", "x"},
	}
}

package api

import (
	"fmt"
	"strings"
)

// A Param is one row of an operation's table.
type Param struct {
	Name     string // as on the wire; a list is sent as Name.1, Name.2, …
	Label    string // name shown in forms; "": the words of Name
	Group    Group  // heading in forms
	Var      Var
	Required bool
	Default  string    // as a client would send it; "": none
	Instead  string    // the parameter that this one is given instead of; giving both is an error
	IfGiven  string    // the default applies only if the parameter of this name is given
	When     []Cond    // the row has an effect, and may be required, only if all of these hold
	File     bool      // the value is usually kept in a file, and never begins with @
	Secret   bool      // must not be written to logs: a private key or a password
	Names    *Kind     // the kind of resource that the value identifies; nil: none
	New      bool      // the value names a resource that the call creates, so none exists yet
	Errors   []ErrorID // further errors that are about this value and whose code does not name it
	Doc      string    // the specification's sentence, in our words
}

// A Cond holds if the parameter Name, bound by an earlier row, has the value
// Is.
type Cond struct{ Name, Is string }

// A Var parses one value, checks its range and stores it.
type Var interface {
	// Set stores s, or returns in a few words what is wrong with it: "is not …",
	// "must be …". Bind returns an *Error unchanged.
	Set(s string) error

	// Value is the stored value, as a Describe call reports it.
	Value() any

	// Shape describes the values that Set accepts.
	Shape() Shape
}

// A Shape describes the values that a Var accepts, as data: documents, flags and
// the boundary tests are generated from it.
type Shape struct {
	Type   Type
	Min    int64    // smallest number, or fewest characters, or fewest items
	Max    int64    // largest number, or most characters, or most items
	Enum   []string // the only values, if any
	Many   bool     // several values of Enum may be given, separated by commas
	Unit   string   // of a number, if it has one
	Prefix string   // prefix of all values; "": any
	Rule   string   // additional rule: "must not …"
	Unset  string   // the value that means none, if there is one
	Valid  []string // accepted values, and Wrong ones that are not, where nothing else
	Wrong  []string // here says where the boundaries are
	Labels bool     // a text is a domain name, whose parts between dots are bounded
	Items  []Param  // the members of one item of a JSON array or a list
}

// A Type is the type of a parameter as documents name it.
type Type string

// The types of parameters. A JSON parameter is one text that holds an array; a
// List is sent as several parameters, Name.1, Name.2 and so on.
const (
	String  Type = "string"
	Name    Type = "ID"
	Integer Type = "integer"
	Boolean Type = "boolean"
	JSON    Type = "JSON array"
	List    Type = "list"
)

// Bounded reports whether Min and Max apply.
func (s Shape) Bounded() bool { return s.Max > s.Min || s.Min != 0 }

// String describes the accepted values in words: "integer from 1 to 60, in
// seconds".
func (s Shape) String() string {
	switch {
	case s.Many:
		return "any of " + strings.Join(s.Enum, ", ") + ", separated by commas"
	case len(s.Enum) > 0:
		return orList(s.Enum)
	case s.Type == Integer && s.Unit != "":
		return fmt.Sprintf("integer from %d to %d, in %s", s.Min, s.Max, s.Unit)
	case s.Type == Integer:
		return fmt.Sprintf("integer from %d to %d", s.Min, s.Max)
	case s.Type == JSON:
		return fmt.Sprintf("JSON array of %d to %d items", s.Min, s.Max)
	case s.Type == List:
		return fmt.Sprintf("list of at most %d %s", s.Max, s.listed())
	case s.Type == String && s.Bounded():
		return fmt.Sprintf("string of %d to %d characters", s.Min, s.Max)
	}
	return string(s.Type)
}

// listed describes the items of a list.
func (s Shape) listed() string {
	if s.Items == nil {
		return "IDs"
	}
	var members []string
	for _, m := range s.Items {
		members = append(members, m.Name)
	}
	return "items with " + strings.Join(members, " and ")
}

// Effect says in words when the row has an effect: "StickySession is on and
// StickySessionType is insert", or nothing if it always has.
func (p Param) Effect() string {
	var all []string
	for _, c := range p.When {
		all = append(all, c.Name+" is "+c.Is)
	}
	return strings.Join(all, " and ")
}

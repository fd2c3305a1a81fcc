package api

// A Param is one row of an operation's table.
type Param struct {
	Name     string
	Var      Var
	Required bool
	Default  string // as a client would send it; "" means none
	When     Cond   // the row has an effect, and may be required, only if this holds
	Doc      string // the specification's sentence, in our words
	JSON     bool   // the value is a JSON text
}

// A Cond holds if the parameter Name, bound by an earlier row, has the value
// Is. The zero Cond always holds.
type Cond struct{ Name, Is string }

// A Var parses one value, checks its range and stores it.
type Var interface {
	Set(s string) error
	Value() any // what is stored, as a Describe call reports it
}

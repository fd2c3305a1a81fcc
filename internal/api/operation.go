// Package api is the table of operations: parameters, ranges, defaults, limits,
// RAM action, errors and answers. It is data that the gateway, the command
// line, the console, the documents and the tests all read; its only behaviour
// is binding. Start reading at Operation, then Param.
package api

import "strings"

// The versions of the products served.
const (
	EnsVersion = "2017-11-10"
	CasVersion = "2020-04-07"
	RamVersion = "2015-05-01"
	StsVersion = "2015-04-01"
)

// An Operation is one call of the API.
type Operation struct {
	Product string // Ens, cas, Ram, Sts
	Version string
	Name    string // Action on the wire
	Doc     string // one sentence
	Access  string // RAM access level: create, list, get, update, delete
	Rate    Rate
	New     func() Input // a fresh input to bind to
	Out     func() any   // a zero answer, for documents
	Errors  []ErrorID    // rows of the error table this operation can end with, besides CommonErrors
	Example []Example    // sample values, for documents, explorer and tests
}

// A Rate bounds the calls of one operation a second. Zero is unlimited.
type Rate struct {
	Account int // all identities of the account together
	User    int // each RAM user
}

// An Input is what a call binds to. Params lists its rows with the addresses
// of the fields they fill; on a zero value it is a list to walk.
type Input interface {
	Params() []Param
}

// An Example is one sample value of a parameter.
type Example struct{ Name, Value string }

// Action is the name policies use: "ens:CreateLoadBalancer".
func (o *Operation) Action() string { return strings.ToLower(o.Product) + ":" + o.Name }

// usual is the limit of every operation that documents no other.
var usual = Rate{Account: 100, User: 10}

// Package api is the table of operations: parameters, ranges, defaults, limits,
// RAM action, errors and answers. It is data that the gateway, the command line,
// the console, the documents and the tests all read; its only behaviour is
// binding. Start reading at Operation, then Param. The entries are in registry_*.go; the
// parameters of all kinds of listeners are in listener_rows.go.
package api

import (
	"maps"
	"strings"
)

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

	// Resources are the resources for which policies are evaluated in addition to the
	// action; a call must be allowed on each. If empty, that is everything of the account:
	// the operations of ENS and of the certificate service have no resource
	// level.
	Resources []Resource

	// Unrestricted operations need no policy: reading one's own identity, and
	// changing one's own password, for which the old one is required.
	Unrestricted bool

	// ObservedBy is the operation of the same version that shows what a change
	// did: `elbow call --wait` repeats it. Its parameters are those of the same
	// name in the change or its answer, and those of ObservedWith. Every
	// operation that changes something has one, or NoObserver; one that only
	// reads has none.
	ObservedBy   string
	ObservedWith map[string]string

	// Stops is the parameter, and its value, with which a call ends something
	// that works; "BackendServers.Weight" is a member of the items of a JSON
	// array. Nil: an operation that deletes always does, any other never.
	Stops *Cond

	Rate    Rate
	New     func() Input // returns a new input to bind to
	Out     func() any   // returns a zero answer, for documents
	Errors  []ErrorID    // rows of the error table this operation can end with, besides CommonErrors
	Example []Example    // sample values, for documents, explorer and tests
}

// A Rate bounds the calls of one operation per second. Zero is unlimited.
type Rate struct {
	Account int // all identities of the account together
	User    int // each RAM user
}

// An Input is the target of binding. Params lists its rows with the addresses of
// the fields they fill; on a zero value it only describes them.
type Input interface {
	Params() []Param
}

// A Resource is a user, a group, a role or a policy that an operation acts on.
// Its fields are names of rows of the operation: no other parameter of a call
// affects what policies are evaluated for.
type Resource struct {
	User       string // the row with the name of a user
	OrCaller   bool   // an absent User means the caller
	Group      string // the row with the name of a group
	Role       string // the row with the name or ARN of a role
	Policy     string // the row with the name of a policy
	PolicyType string // the row with the type of the policy; "": Custom
}

// String is the resource in the notation of policies, with a parameter in angle
// brackets.
func (r Resource) String() string {
	switch {
	case r.User != "":
		return "acs:ram:*:<account>:user/<" + r.User + ">"
	case r.Group != "":
		return "acs:ram:*:<account>:group/<" + r.Group + ">"
	case r.Role != "":
		return "acs:ram:*:<account>:role/<" + r.Role + ">"
	case r.PolicyType != "":
		return "acs:ram:*:<account, or system>:policy/<" + r.Policy + ">"
	}
	return "acs:ram:*:<account>:policy/<" + r.Policy + ">"
}

// The resources of RAM's operations.
var (
	ofUser   = []Resource{{User: "UserName"}}
	ofKeys   = []Resource{{User: "UserName", OrCaller: true}}
	ofPolicy = []Resource{{Policy: "PolicyName"}}

	ofTypedPolicy = []Resource{{Policy: "PolicyName", PolicyType: "PolicyType"}}
	ofAttachment  = []Resource{{User: "UserName"}, {Policy: "PolicyName", PolicyType: "PolicyType"}}

	ofGroup           = []Resource{{Group: "GroupName"}}
	ofMembership      = []Resource{{Group: "GroupName"}, {User: "UserName"}}
	ofGroupAttachment = []Resource{{Group: "GroupName"}, {Policy: "PolicyName", PolicyType: "PolicyType"}}

	ofRole           = []Resource{{Role: "RoleName"}}
	ofRoleARN        = []Resource{{Role: "RoleArn"}}
	ofRoleAttachment = []Resource{{Role: "RoleName"}, {Policy: "PolicyName", PolicyType: "PolicyType"}}

	// The new name is another resource: who may act on some names only must not
	// give away, or take, one of the others.
	ofRenamedUser  = []Resource{{User: "UserName"}, {User: "NewUserName"}}
	ofRenamedGroup = []Resource{{Group: "GroupName"}, {Group: "NewGroupName"}}
)

// An Example is one sample value of a parameter.
type Example struct{ Name, Value string }

// Sample are the parameters of the example as they are sent.
func (o *Operation) Sample() map[string]string {
	values := make(map[string]string)
	for _, e := range o.Example {
		values[e.Name] = e.Value
	}
	for _, row := range o.New().Params() {
		if text, given := values[row.Name]; given && row.Var.Shape().Type == List {
			delete(values, row.Name)
			row.Sent(values, 1, text)
		}
	}
	return values
}

// Action is the name policies use: "ens:CreateLoadBalancer".
func (o *Operation) Action() string { return strings.ToLower(o.Product) + ":" + o.Name }

// NoObserver is the ObservedBy of operations whose change no operation can show:
// a range of servers is in no answer, and a password in none.
const NoObserver = "none"

// Changes reports whether the operation changes something; others only read.
func (o *Operation) Changes() bool { return o.Access != "get" && o.Access != "list" }

// Observer is the operation that shows what a call of o did: o itself if it only
// reads. ok is false if there is none.
func (o *Operation) Observer() (*Operation, bool) {
	if !o.Changes() {
		return o, true
	}
	return Lookup(o.Version, o.ObservedBy)
}

// Of returns the parameters with which o, an Observer, shows a call of change,
// taken from the parameters and the answer of that call. It is false if one that
// o requires is not among them.
func (o *Operation) Of(change *Operation, known map[string]string) (map[string]string, bool) {
	params := maps.Clone(change.ObservedWith)
	if params == nil {
		params = make(map[string]string)
	}
	for _, r := range o.New().Params() {
		if value, ok := known[r.Name]; ok && (r.Required || r.Names != nil) {
			params[r.Name] = value
		}
		if _, ok := params[r.Name]; !ok && r.Required && len(r.When) == 0 {
			return nil, false
		}
	}
	return params, true
}

// ObserverOf is the Observer for a call with params: for an operation on
// listeners of every protocol it is the one for ListenerProtocol.
func (o *Operation) ObserverOf(params map[string]string) (*Operation, bool) {
	if p := params["ListenerProtocol"]; p != "" && o.Changes() {
		if look, ok := Lookup(o.Version, "DescribeLoadBalancer"+strings.ToUpper(p)+"ListenerAttribute"); ok {
			return look, true
		}
	}
	return o.Observer()
}

// usual is the limit of operations that document no other.
var usual = Rate{Account: 100, User: 10}

package api

import (
	"fmt"
	"slices"
	"strings"
)

// An Error is the answer to a failed call. Any other error that a handler returns
// is internal: the client gets ens.interface.error.
type Error struct {
	Status  int // HTTP status
	Code    string
	Message string
	Reason  string        // the specific reason, in our words; "" if Message says it all
	Denied  *AccessDenied // only for a RAM denial
}

func (e *Error) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("%s: %s (%s)", e.Code, e.Message, e.Reason)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// AccessDenied is the AccessDeniedDetail object of a RAM denial.
type AccessDenied struct {
	AuthAction               string
	AuthPrincipalDisplayName string
	AuthPrincipalOwnerID     string `json:"AuthPrincipalOwnerId"`
	AuthPrincipalType        string
	NoPermissionType         string // ImplicitDeny or ExplicitDeny
	PolicyType               string
	EncodedDiagnosticMessage string
}

// An ErrorID identifies a row of the error table.
type ErrorID string

// New returns the error of the row id. The arguments replace the %s in code and
// message: a single argument is used for both, of two the first is for the code
// and the second for the message.
func (id ErrorID) New(args ...string) *Error {
	row := errorRow(id)
	e := &Error{Status: row.Status, Code: row.Code, Message: row.Message}
	if len(args) > 0 {
		e.Code = strings.ReplaceAll(e.Code, "%s", args[0])
		e.Message = strings.ReplaceAll(e.Message, "%s", args[len(args)-1])
	}
	return e
}

func errorRow(id ErrorID) ErrorRow {
	for _, row := range ErrorTable {
		if row.ID == id {
			return row
		}
	}
	panic("api: no row in the error table for " + string(id))
}

// Because adds the specific reason, for which the table's message has no room.
func (e *Error) Because(reason string) *Error {
	e.Reason = reason
	return e
}

// Missing says that the required parameter name is absent or empty.
func Missing(name string) *Error { return ErrMissing.New(name) }

// Invalid says that the value of the parameter name cannot be parsed or is out of
// range.
func Invalid(name string) *Error { return ErrInvalid.New(name) }

// InvalidField says that the value of the parameter name is valid by itself but
// contradicts another, or something stored.
func InvalidField(name string) *Error { return ErrInvalidParameter.New(name) }

// MissingMember says that a member is absent from an item, counted from 1, of
// the JSON parameter name: MissingIp, BackendServers.2.Ip.
func MissingMember(name string, item int, member string) *Error {
	return ErrMissing.New(member, itemPath(name, item, member))
}

// InvalidMember says that a member of an item, counted from 1, of the JSON
// parameter name cannot be parsed or is out of range.
func InvalidMember(name string, item int, member, reason string) *Error {
	path := itemPath(name, item, member)
	return ErrInvalid.New(member, path).Because(path + " " + reason)
}

func itemPath(name string, item int, member string) string {
	return fmt.Sprintf("%s.%d.%s", name, item, member)
}

// InterfaceError says that the store or a node failed and nothing was changed.
// The cause is logged and never sent to the client.
func InterfaceError() *Error { return ErrInterface.New() }

// LoadBalancerNotFound says that there is no load balancer of the given id.
func LoadBalancerNotFound() *Error { return ErrLoadBalancerNotFound.New() }

// IncorrectInstanceStatus says that the load balancer is InActive or being
// released.
func IncorrectInstanceStatus() *Error { return ErrIncorrectInstanceStatus.New() }

// ServerCertificateNotFound says that there is no certificate of the given id.
func ServerCertificateNotFound() *Error { return ErrServerCertificateNotFound.New() }

// ListenerAlreadyExists says that another listener of the load balancer uses the
// port.
func ListenerAlreadyExists() *Error { return ErrListenerAlreadyExists.New() }

// ListenerNotFound says that the load balancer has no listener on the port.
func ListenerNotFound() *Error { return ErrListenerNotFound.New() }

// NoPermission says that no policy allows the call, or that one denies it. ENS
// and the certificate service answer 400, RAM and STS 403.
func NoPermission(op *Operation, detail *AccessDenied) *Error {
	id := ErrNoPermission
	if slices.Contains(op.Errors, ErrNoPermissionRAM) {
		id = ErrNoPermissionRAM
	}
	e := id.New()
	e.Denied = detail
	return e
}

package api

import "fmt"

// An Error is how a call ends that is not answered. Anything else that a
// handler returns is internal: the client sees ens.interface.error.
type Error struct {
	Status  int // HTTP status
	Code    string
	Message string
	Denied  *AccessDenied // only for a RAM denial
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

// An ErrorID names a row of the error table.
type ErrorID string

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

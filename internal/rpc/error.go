package rpc

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Error is the answer to a failed call: Parse, Verify and the other checks of
// this package return it, a server encodes it, and a Client decodes it.
type Error struct {
	Status    int    `json:"-"` // HTTP status
	RequestID string `json:"RequestId"`
	HostID    string `json:"HostId"`
	Code      string
	Message   string // as documented for Code
	Recommend string // the specific reason, or where to read about it

	// AccessDeniedDetail is an object that says which permission is missing, or
	// nil.
	AccessDeniedDetail any `json:",omitempty"`

	// RetryAfter is how long the client should wait before it calls again. Zero
	// for errors that a retry does not fix.
	RetryAfter time.Duration `json:"-"`
}

func (e *Error) Error() string {
	if e.RequestID == "" {
		return e.Code + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s (request id %s)", e.Code, e.Message, e.RequestID)
}

// badRequest is a refusal in the wording of the documentation.
func badRequest(code, message string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: message}
}

// because adds the specific reason, for which the documented messages have no
// room.
func (e *Error) because(format string, args ...any) *Error {
	e.Recommend = fmt.Sprintf(format, args...)
	return e
}

func missing(name string) *Error {
	return badRequest("MissingParameter", "The input parameter "+strconv.Quote(name)+
		" that is mandatory for processing this request is not supplied.")
}

// invalid refuses a parameter of the protocol, or the query or body as a whole.
func invalid(name string) *Error {
	return badRequest("InvalidParameter", "The specified parameter "+strconv.Quote(name)+" is not valid.")
}

// contradicted refuses a parameter that was given twice with different values. A
// name that no operation can have is not repeated: it would put arbitrary text of
// an unauthenticated client into a code.
func contradicted(name string) *Error {
	if !plainName(name) {
		return invalid(name[:min(len(name), maxParamNameBytes)])
	}
	return badRequest("InvalidParameter."+listOf(name), "The specified field "+name+" invalid. Please check it again.")
}

// undecodable refuses a parameter whose value cannot be decoded.
func undecodable(name string) *Error {
	if !plainName(name) {
		return invalid(name[:min(len(name), maxParamNameBytes)])
	}
	return badRequest("Invalid"+listOf(name), "The specified parameter "+name+" is invalid.")
}

// listOf returns the parameter that a name is an item of, EnsRegionIds for
// EnsRegionIds.1; any other name unchanged. Codes have no numbers.
func listOf(name string) string {
	list, _, _ := strings.Cut(name, ".")
	return list
}

func incomplete(format string, args ...any) *Error {
	return badRequest("IncompleteSignature", "The request signature does not conform to the standards.").because(format, args...)
}

// NotFound is the answer for an action or a path that does not exist.
func NotFound() *Error {
	return &Error{
		Status: http.StatusNotFound, Code: "InvalidAction.NotFound",
		Message: "Specified api is not found, please check your url and method.",
	}
}

func tooLarge(part string, limit int) *Error {
	e := &Error{
		Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge", Message: "The request is too large.",
	}
	return e.because("The %s may have %d bytes.", part, limit)
}

// plainName reports whether name could be a parameter: letters, digits, dots,
// dashes and underscores.
func plainName(name string) bool {
	if name == "" || len(name) > maxParamNameBytes {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_')
	}) < 0
}

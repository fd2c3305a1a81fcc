package rpc

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An Error is the answer to a call that failed: what Parse, Verify and the
// other checks of this package refuse with, what a server encodes, and what a
// Client decodes.
type Error struct {
	Status    int    `json:"-"` // HTTP status
	RequestID string `json:"RequestId"`
	HostID    string `json:"HostId"`
	Code      string
	Message   string
	Recommend string

	// AccessDeniedDetail is an object that says which permission is missing, or
	// nil.
	AccessDeniedDetail any `json:",omitempty"`

	// RetryAfter is how long the client should wait before it calls again. Zero
	// for errors that waiting does not cure.
	RetryAfter time.Duration `json:"-"`
}

func (e *Error) Error() string {
	if e.RequestID == "" {
		return e.Code + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s (request id %s)", e.Code, e.Message, e.RequestID)
}

func badRequest(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

func missing(name string) *Error {
	return badRequest("MissingParameter",
		"The input parameter %q that is mandatory for processing this request is not supplied.", name)
}

// invalid refuses a system parameter whose value is not one of the known.
func invalid(name string) *Error {
	return badRequest("InvalidParameter", "The specified parameter %s is not valid.", name)
}

// contradicted refuses a parameter that was given twice with different values.
// A name that no operation can have is not repeated: it would put a stranger's
// text of any length into a code.
func contradicted(name string) *Error {
	if !plainName(name) {
		return invalid(strconv.Quote(name[:min(len(name), maxParamNameBytes)]))
	}
	return badRequest("InvalidParameter."+name, "The specified field %s invalid. Please check it again.", name)
}

func incomplete(format string, args ...any) *Error {
	return badRequest("IncompleteSignature",
		"The request signature does not conform to standards: "+format+".", args...)
}

// NotFound is the answer to an action or a path that does not exist.
func NotFound() *Error {
	return &Error{
		Status: http.StatusNotFound, Code: "InvalidAction.NotFound",
		Message: "Specified api is not found, please check your url and method.",
	}
}

func tooLarge(part string, limit int) *Error {
	return &Error{
		Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge",
		Message: fmt.Sprintf("The %s of the request is longer than %d bytes.", part, limit),
	}
}

// plainName reports whether name could be that of a parameter: letters, digits,
// dots, dashes and underscores.
func plainName(name string) bool {
	if name == "" || len(name) > maxParamNameBytes {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_')
	}) < 0
}

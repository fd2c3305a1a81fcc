package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A problem is an error as a page shows it.
type problem struct {
	Status    int
	Title     string
	Text      string
	Code      string // of the API; "" for other errors
	Action    string // the action that is not allowed; "" for other errors
	RequestID string
}

// problemOf describes an error.
func (v *visit) problemOf(err error) problem {
	if missing, ok := errors.AsType[*forbidden](err); ok {
		return notAllowed(missing.action, "")
	}
	if call, ok := errors.AsType[*refused](err); ok {
		e := call.answer
		if e.Code == "NoPermission" {
			return notAllowed(call.op.Action(), e.RequestID)
		}
		return problem{Status: statusOf(e), Title: "That did not work", Text: wording(e), Code: e.Code, RequestID: e.RequestID}
	}
	switch {
	case errors.Is(err, errTooLarge):
		limit := maxFormBytes
		if v.session == nil {
			limit = maxSignInFormBytes
		}
		return problem{Status: http.StatusRequestEntityTooLarge, Title: "That is too large", Text: fmt.Sprintf("A form may have %d KiB, files included.", limit>>10)}
	case errors.Is(err, errForm):
		return problem{Status: http.StatusBadRequest, Title: "That cannot be read", Text: "The form that was sent is damaged or incomplete. Nothing was changed."}
	case errors.Is(err, errToken):
		return problem{Status: http.StatusForbidden, Title: "This form has expired", Text: "Load its page again and repeat what you did. Nothing was changed."}
	case errors.Is(err, errNotFound):
		return problem{Status: http.StatusNotFound, Title: "There is nothing here", Text: "What this page was about does not exist, or no longer."}
	}
	v.Log.Error("console page failed", "path", v.r.URL.Path, "err", err)
	return problem{Status: http.StatusInternalServerError, Title: "That went wrong", Text: "It is a fault of the server; its log has the cause."}
}

// problemIf describes the error of a call whose result is a part of a page; nil if there is
// no error.
func problemIf(v *visit, err error) *problem {
	if err == nil {
		return nil
	}
	p := v.problemOf(err)
	return &p
}

func notAllowed(action, requestID string) problem {
	return problem{
		Status: http.StatusForbidden, Title: "You may not do this", Action: action, RequestID: requestID,
		Text: "Your policies do not allow it. Whoever manages the users of this account can attach one that does.",
	}
}

// statusOf returns the HTTP status of the page that reports an error of the API.
func statusOf(e *rpc.Error) int {
	switch {
	case strings.HasPrefix(e.Code, "Throttling"):
		return http.StatusTooManyRequests
	case e.Code == string(api.ErrLoadBalancerNotFound), e.Code == string(api.ErrListenerNotFound):
		return http.StatusNotFound // the API's own status is 400
	}
	return e.Status
}

// wording returns the message of an error of the API with its details.
func wording(e *rpc.Error) string {
	text := e.Message
	if e.Recommend != "" && !strings.HasPrefix(e.Recommend, "https://") {
		text += " " + e.Recommend
		if !strings.HasSuffix(text, ".") {
			text += "."
		}
	}
	return text
}

// fail answers with the page of a problem.
func (v *visit) fail(err error) {
	p := v.problemOf(err)
	if v.r.Header.Get("Hx-Request") != "" {
		v.partial(p.Status, "problem", "alert", p)
		return
	}
	v.render(p.Status, "problem", p.Title, p)
}

package gateway

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// respond answers the call, after counting and auditing it.
func (c *call) respond(w http.ResponseWriter, out any, err error) {
	var body []byte
	if err == nil {
		body, err = rpc.EncodeAnswer(c.req.Format, c.req.Action, c.id, out)
	}
	status, code := http.StatusOK, ""
	if err != nil {
		e := c.failure(err)
		status, code = e.Status, e.Code
		if body, err = rpc.EncodeError(c.req.Format, e); err != nil { // texts always encode
			c.g.log.Error("error not encoded", "request_id", c.id, "code", code, "err", err)
		}
		retryLater(w.Header(), e)
	}
	c.note(status, code)

	h := w.Header()
	h.Set("Content-Type", c.req.Format.ContentType())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Acs-Request-Id", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client disconnected: the audit line says what was done
}

// note counts and audits the result of the call.
func (c *call) note(status int, code string) {
	took := c.g.now().Sub(c.start)
	c.g.counts.observe(c.op, status, took)
	c.g.audit.write(c.record(status, code, took), c.start)
}

// failure converts err to an answer. An error that is not meant for the client is
// internal: it is logged, and the client learns only that it happened.
func (c *call) failure(err error) *rpc.Error {
	var e *rpc.Error
	if refused, ok := errors.AsType[*rpc.Error](err); ok {
		e = refused
	} else if refused, ok := errors.AsType[*api.Error](err); ok {
		e = refusal(refused)
	} else if errors.Is(err, errPanic) {
		e = refusal(api.ErrInternal.New())
	} else {
		c.g.log.Error("call failed", "request_id", c.id, "action", c.req.Action, "err", err)
		e = refusal(api.InterfaceError())
	}
	e.RequestID, e.HostID = c.id, c.req.Host
	if e.Recommend == "" {
		e.Recommend = c.recommend(e.Code)
	}
	return e
}

// refusal is an error of the API as sent. The specific reason goes into
// Recommend: the message is the documented one, unchanged.
func refusal(refused *api.Error) *rpc.Error {
	e := &rpc.Error{
		Status: refused.Status, Code: refused.Code, Message: refused.Message, Recommend: refused.Reason,
	}
	if refused.Denied != nil {
		e.AccessDeniedDetail = refused.Denied
	}
	return e
}

// recommend returns the URL at which the public documentation explains a code.
func (c *call) recommend(code string) string {
	query := url.Values{"q": {code}}
	if c.op != nil {
		query.Set("product", c.op.Product)
	}
	return "https://api.aliyun.com/troubleshoot?" + query.Encode()
}

// retryLater says when to call again, in the header fields that the different
// clients read. X-Acs-Retry-After is in milliseconds. TimeLeft of the others is
// documented in milliseconds, and some clients read it so; those in Go (tea 1.3
// and 1.4) sleep as many seconds, and 100 s where there is no field or TimeLeft
// is 0. So it has whole seconds, at least 1: right for those, while the others
// come back too soon and are refused again.
func retryLater(h http.Header, e *rpc.Error) {
	if e.RetryAfter <= 0 {
		return
	}
	h.Set("X-Acs-Retry-After", roundUp(e.RetryAfter, time.Millisecond))
	field := "X-Ratelimit-User"
	if e.Code == string(api.ErrThrottlingAPI) {
		field = "X-Ratelimit-User-Api"
	}
	h.Set(field, "Remaining:0,TimeLeft:"+roundUp(e.RetryAfter, time.Second))
}

// roundUp is d in units, rounded up.
func roundUp(d, unit time.Duration) string {
	return strconv.FormatInt(int64((d+unit-1)/unit), 10)
}

package gateway

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// errorStatus parses the status line of an error: HTTP/1.1 400 Bad Request.
func errorStatus(line []byte) (status int, ok bool) {
	digits, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok {
		digits, ok = bytes.CutPrefix(line, []byte("HTTP/1.0 ")) // to a client of HTTP/1.0
	}
	if !ok || len(digits) < 3 {
		return 0, false
	}
	status, err := strconv.Atoi(string(digits[:3]))
	return status, err == nil && status >= 400
}

// refuseRequest is the complete answer to a request that net/http could not
// parse: head is the part that was read, status and text are the answer of net/http.
func refuseRequest(head []byte, status int, text string) ([]byte, int) {
	row := api.ErrMalformedRequest
	if status == http.StatusRequestHeaderFieldsTooLarge {
		row = api.ErrRequestTooLarge
	}
	e := refusal(row.New())
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		e.Recommend = fmt.Sprintf("Request line and header fields together may have %d bytes.", maxHeaderBytes)
	case http.StatusExpectationFailed:
		e.Status, e.Recommend = status, "The only expectation that can be met is 100-continue."
	default:
		e.Status = status
		if why, told := strings.CutPrefix(text, strconv.Itoa(status)+" "+http.StatusText(status)+": "); told {
			e.Recommend = why
		}
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	format := formatOf(string(line))
	fields, body := errorAnswer(e, format)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", e.Status, http.StatusText(e.Status))
	_ = fields.Write(&out) // writes to a buffer do not fail
	out.WriteString("Connection: close\r\n\r\n")
	if !bytes.HasPrefix(line, []byte("HEAD ")) {
		out.Write(body)
	}
	return out.Bytes(), e.Status
}

// needTLS answers a plain HTTP request on a port that requires TLS.
func needTLS(w http.ResponseWriter, r *http.Request) int {
	e := refusal(api.ErrNeedTLS.New())
	e.HostID = r.Host
	e.Recommend = "This port speaks TLS: call it by https. With -api-plain it serves plain HTTP as well."
	fields, body := errorAnswer(e, formatOf(r.RequestURI))
	for name, values := range fields {
		w.Header()[name] = values
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) // the client disconnected
	return e.Status
}

// Unavailable answers that the call cannot be done here, and why.
func Unavailable(w http.ResponseWriter, r *http.Request, why string) {
	e := refusal(api.ErrUnavailable.New())
	e.HostID, e.Recommend = r.Host, why
	fields, body := errorAnswer(e, formatOf(r.RequestURI))
	for name, values := range fields {
		w.Header()[name] = values
	}
	w.WriteHeader(e.Status)
	_, _ = w.Write(body) // the client disconnected
}

// errorAnswer is an error, with its own request id, as header fields and body.
func errorAnswer(e *rpc.Error, format rpc.Format) (http.Header, []byte) {
	e.RequestID = strings.ToUpper(uuid.NewString())
	body, err := rpc.EncodeError(format, e)
	if err != nil {
		panic(err) // texts always encode
	}
	return http.Header{
		"Content-Type":           {format.ContentType()},
		"Content-Length":         {strconv.Itoa(len(body))},
		"X-Acs-Request-Id":       {e.RequestID},
		"X-Content-Type-Options": {"nosniff"},
	}, body
}

// formatOf is the format that a request asks for in its query, as far as that can
// be seen without parsing it.
func formatOf(text string) rpc.Format {
	_, query, _ := strings.Cut(text, "?")
	query, _, _ = strings.Cut(query, " ")
	for pair := range strings.SplitSeq(query, "&") {
		if strings.EqualFold(strings.TrimSpace(pair), "Format=XML") {
			return rpc.XML
		}
	}
	return rpc.JSON
}

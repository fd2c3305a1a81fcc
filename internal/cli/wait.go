package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"elbow/internal/answer"
	"elbow/internal/api"
	"elbow/internal/rpc"
)

// The first and the longest pause between two checks of --wait; the pause doubles. At the
// longest one, a user's ten calls a second are enough for twenty concurrent waits.
const (
	waitPause    = 200 * time.Millisecond
	waitPauseMax = 2 * time.Second
)

// A wait is the parsed value of --wait.
type wait struct {
	text  string // as given, "Status=Running"
	field string // "Status", or an expression
	query *answer.Query
	want  string // null waits until the field, or the object itself, does not exist
}

// parseWait parses PATH=VALUE. The path is a JMESPath expression, which may contain equals
// signs, so that the last one separates the two.
func parseWait(text string) (*wait, error) {
	i := strings.LastIndexByte(text, '=')
	if i <= 0 {
		return nil, fmt.Errorf("--wait: want FIELD=VALUE, as Status=Running, got %q", text)
	}
	q, err := answer.ParseQuery(text[:i])
	if err != nil {
		return nil, fmt.Errorf("--wait: %w", err)
	}
	return &wait{text: text, field: text[:i], query: q, want: text[i+1:]}, nil
}

// seen returns the value at the path in an answer, as text.
func (w *wait) seen(body []byte) (string, error) {
	found, err := w.query.Search(body)
	if err != nil {
		return "", err
	}
	return plainText(found)
}

// withProtocol adds the protocol of a listener to the parameters, if the call left it out
// and its operation has it. The protocol of a deleted listener is unknown.
func withProtocol(ctx context.Context, client *rpc.Client, op *api.Operation, params map[string]string) map[string]string {
	takes := slices.ContainsFunc(op.New().Params(), func(r api.Param) bool { return r.Name == "ListenerProtocol" })
	if !takes || params["ListenerProtocol"] != "" {
		return params
	}
	body, err := client.Call(ctx, api.EnsVersion, "DescribeLoadBalancerListeners",
		map[string]string{"LoadBalancerId": params["LoadBalancerId"], "ListenerPort": params["ListenerPort"]})
	var found api.DescribeLoadBalancerListenersOutput
	if err != nil || json.Unmarshal(body, &found) != nil || len(found.Listeners.Listener) == 0 {
		return params
	}
	params = maps.Clone(params)
	params["ListenerProtocol"] = string(found.Listeners.Listener[0].Protocol)
	return params
}

// observer returns the operation that shows the effect of op, and the parameters of its
// call, taken from params and the answer body. For StartLoadBalancerListener it is
// DescribeLoadBalancerHTTPSListenerAttribute.
func observer(op *api.Operation, params map[string]string, body []byte) (*api.Operation, map[string]string, error) {
	if !op.Changes() {
		return op, params, nil
	}
	if look, ok := op.ObserverOf(params); ok {
		if of, known := look.Of(op, knownParams(params, body)); known {
			return look, of, nil
		}
	}
	return nil, nil, fmt.Errorf("%[1]s is done, but no operation shows what %[1]s has done: --wait has nothing to look at", op.Name)
}

// knownParams returns the parameters of a call and the scalar fields of its answer, which
// include the id of a created object.
func knownParams(params map[string]string, body []byte) map[string]string {
	known := make(map[string]string)
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil {
		for name, value := range fields {
			if text, err := plainText(value); err == nil && text != "null" {
				known[name] = text
			}
		}
	}
	for name, value := range params {
		known[name] = value
	}
	return known
}

// until repeats a call until its answer has the value that w waits for, for at most
// patience, and returns that answer. The first call is made in any case, so that there is
// an answer to report. Progress is shown on a line that is rewritten. A field that the
// operation never returns, or an object that does not exist, ends the wait at once.
func (w *wait) until(ctx context.Context, patience time.Duration, client *rpc.Client, op *api.Operation, params map[string]string, progress io.Writer) ([]byte, error) {
	began := time.Now()
	timed, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() { _, _ = fmt.Fprint(progress, clearLine) }()
	var last []byte
	for pause := waitPause; ; pause = min(2*pause, waitPauseMax) {
		body, err := client.Call(ctx, op.Version, op.Name, params)
		if err != nil && last != nil && errors.Is(timed.Err(), context.DeadlineExceeded) {
			return nil, w.ended(last)
		}
		if err != nil {
			return nil, err
		}
		last, ctx = body, timed // calls after the first have what is left of patience
		seen, err := w.seen(body)
		if err != nil || strings.EqualFold(seen, w.want) { // Status is running or Running by protocol
			return body, err
		}
		if err := cmp.Or(absent(op, params, body), unknownField(op, w.field, body)); err != nil {
			return nil, err
		}
		if seen == "null" {
			seen = "not there"
		}
		_, _ = fmt.Fprintf(progress, "%swaiting for %s: it is %s (%s)", clearLine, w.text, seen, time.Since(began).Round(time.Second))
		select {
		case <-timed.Done():
			if errors.Is(timed.Err(), context.DeadlineExceeded) {
				return nil, w.ended(body)
			}
			return nil, timed.Err()
		case <-time.After(pause):
		}
	}
}

// ended describes the last answer when --wait-timeout has passed.
func (w *wait) ended(body []byte) error {
	seen, err := w.seen(body)
	switch {
	case err != nil:
		return err
	case seen == "":
		seen = "empty"
	case seen == "null":
		return fmt.Errorf("--wait %s: at the end of --wait-timeout the answer has no %s: %s", w.text, w.field, shortened(body))
	}
	return fmt.Errorf("--wait %s: at the end of --wait-timeout it is still %s", w.text, seen)
}

// maxShown bounds in bytes how much of an answer an error quotes: about a screen.
const maxShown = 2000

func shortened(body []byte) string {
	text := strings.TrimSpace(string(body))
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}

// clearLine moves the cursor to the beginning of the line and clears the line.
const clearLine = "\r\x1b[K"

package elbtest

import (
	"errors"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// Every operation is called with the boundary values of every parameter, over signed HTTP:
// below, at and above both limits of a number, both limits of a length, each value of an
// enumeration and an invalid one, and without a required parameter. A refused call names
// the reason and has changed nothing.
func TestBoundariesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.dump(t)
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			tried := 0
			for _, c := range api.Cases(op, w.valid(t, op.Name)) {
				if c.Want == "" {
					continue
				}
				tried++
				if got := w.tryBoundary(t, op, c); got != c.Want {
					t.Errorf("%s, %s: code %q, want %q", c.Param, c.What, got, c.Want)
				}
			}
			if tried == 0 {
				return
			}
			if after := w.dump(t); after != before {
				t.Errorf("%d refused calls changed something:\n%s", tried, differences(before, after))
				before = after
			}
		})
	}
}

// A valid boundary value is accepted: the call may end with another error, such as that of
// a missing resource, but not with an error about the value.
func TestBoundariesAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, op := range api.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			for _, c := range api.Cases(op, w.valid(t, op.Name)) {
				if c.Want != "" {
					continue
				}
				if c.Param == "Cert" || c.Param == "Key" {
					continue // a text of the right length is not yet a certificate
				}
				got := w.tryBoundary(t, op, c)
				if got == "Invalid"+c.Param || got == "Missing"+c.Param || got == "InternalError" || got == "ens.interface.error" {
					t.Errorf("%s, %s: code %q", c.Param, c.What, got)
				}
			}
		})
	}
}

// tryBoundary makes the call of a case, alternately with one signature version and the
// other, and returns its error code.
func (w *world) tryBoundary(t *testing.T, op *api.Operation, c api.Case) string {
	t.Helper()
	client := *w.Client
	if len(c.What)%2 == 0 {
		client.Algorithm = rpc.V1
	}
	_, err := patient(t, &client, op, c.Values)
	if err == nil {
		return ""
	}
	refusal, ok := errors.AsType[*rpc.Error](err)
	if !ok {
		t.Fatalf("%s, %s: %v", c.Param, c.What, err)
	}
	return refusal.Code
}

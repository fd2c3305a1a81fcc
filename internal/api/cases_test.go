package api

import (
	"errors"
	"fmt"
	"testing"
)

// code is the code of the error that a call ends with.
func code(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return fmt.Sprintf("not an *Error: %v", err)
}

// example is the documents' call of an operation.
func example(op *Operation) map[string]string { return op.Sample() }

func TestEveryRowAtItsBoundaries(t *testing.T) {
	for _, op := range Operations() {
		t.Run(op.Name, func(t *testing.T) {
			for _, c := range Cases(op, example(op)) {
				err := Bind(op.New(), c.Values)
				if got := code(err); got != c.Want {
					t.Errorf("%s, %s (%.80q): got code %q, want %q", c.Param, c.What, c.Values[c.Param], got, c.Want)
				}
				if e, ok := errors.AsType[*Error](err); ok && e.Status != 400 {
					t.Errorf("%s, %s: got status %d, want 400", c.Param, c.What, e.Status)
				}
			}
		})
	}
}

// Every row is tested: one without a bound, a choice or a requirement would pass
// the test above untested.
func TestEveryRowHasCases(t *testing.T) {
	for _, op := range Operations() {
		tried := make(map[string]int)
		for _, c := range Cases(op, example(op)) {
			tried[c.Param]++
		}
		for _, r := range op.New().Params() {
			if tried[r.Name] == 0 {
				t.Errorf("%s: no case tries %s", op.Name, r.Name)
			}
		}
	}
}

package api

import (
	"cmp"
	"errors"
	"strings"
)

// A RowFault describes why the value of one parameter is refused, in words that
// follow its name: "is missing", "must be from 1 to 65535".
type RowFault struct{ Name, Text string }

// Faults lists the errors that Bind would report in values, of all rows and not
// only the first, for forms that show them together. Rules between fields are
// checked only if every row is valid. An empty list does not mean that the call
// succeeds: only the call itself checks against the stored state. After Faults in
// must not be used.
func Faults(in Input, values map[string]string) []RowFault {
	all := RowFaults(in.Params(), values)
	if in, ok := in.(completer); ok && len(all) == 0 {
		if e, ok := errors.AsType[*Error](in.complete(values)); ok {
			if name, found := strings.CutPrefix(e.Code, InvalidField("").Code); found {
				all = append(all, faultOf(name, e))
			}
		}
	}
	return all
}

// RowFaults is Faults for rows outside of an operation: the members of an item of
// a JSON array.
func RowFaults(rows []Param, values map[string]string) (all []RowFault) {
	bound := make(map[string]string, len(rows))
	for _, r := range rows {
		fill := func() error { return fillRow(r, values, bound, false) }
		if r.Var.Shape().Type == List {
			fill = func() error { return fillList(r, values) }
		}
		err := fill()
		if e, ok := errors.AsType[*Error](err); ok {
			all = append(all, faultOf(r.Name, e))
		} else if err != nil {
			all = append(all, RowFault{r.Name, err.Error()})
		}
	}
	return all
}

func faultOf(name string, e *Error) RowFault {
	if e.Code == Missing(name).Code {
		return RowFault{name, "is missing"}
	}
	return RowFault{name, strings.TrimPrefix(cmp.Or(e.Reason, "is refused: "+e.Message), name+" ")}
}

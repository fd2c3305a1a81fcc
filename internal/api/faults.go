package api

import (
	"cmp"
	"errors"
	"strings"
)

// A RowFault describes why the value of one parameter is refused, in words that
// follow its name: "is missing", "must be from 1 to 65535".
type RowFault struct{ Name, Text string }

// Faults lists what Bind would refuse in values, of every row and not of the first
// alone, for forms that show all of it at once. Rules between fields are looked at
// only if every row is fine. None does not mean that the call succeeds: what
// depends on the stored state only the call itself finds out. After Faults in is
// not to be used.
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

// RowFaults is Faults of rows that are no operation's: the members of an item of a
// JSON array.
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

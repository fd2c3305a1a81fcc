package api

import (
	"encoding/json"
	"fmt"
	"strings"
)

// always holds for every call.
var always = &Cond{}

// Ends reports whether a call ends something that works: it closes listeners,
// removes backends, or revokes access. The console asks for confirmation before
// such a call.
func (o *Operation) Ends(params map[string]string) bool {
	switch {
	case o.Stops == nil:
		return o.Access == "delete"
	case o.Stops == always:
		return true
	}
	row, member, isItem := strings.Cut(o.Stops.Name, ".")
	if !isItem {
		return params[row] == o.Stops.Is
	}
	var items []map[string]any
	_ = json.Unmarshal([]byte(params[row]), &items) // binding refuses other values
	for _, item := range items {
		if fmt.Sprint(item[member]) == o.Stops.Is {
			return true
		}
	}
	return false
}

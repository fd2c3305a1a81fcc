package console

// A question asks before something is gone for good.
type question struct {
	Title, Text string
	Facts       []string // what there is that would end, and how much traffic it has
	Do, Back    string   // pages of the console
	Button      string
	With        map[string]string // further fields of the form
	Call        string            // the operation that is asked about
	Params      map[string]string // those of its parameters that policies look at
}

// confirm asks, who may do it at all.
func (v formPages) confirm(q question) error {
	if err := v.needsCall(q.Call, q.Params); err != nil {
		return err
	}
	return v.show("confirm", q.Title, q)
}

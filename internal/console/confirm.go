package console

// A question asks for confirmation before something is deleted or stopped.
type question struct {
	Title, Text string
	Facts       []string // what would end, and how much traffic it has
	Do, Back    string   // pages of the console
	Button      string
	With        map[string]string // further fields of the form
	Call        string            // the operation to confirm
	Params      map[string]string // those of its parameters that policies look at
}

// confirm shows the question if the visitor may make the call.
func (v formPages) confirm(q question) error {
	if err := v.needsCall(q.Call, q.Params); err != nil {
		return err
	}
	return v.show("confirm", q.Title, q)
}

package elb

// A FieldError says that the value of one field contradicts another.
type FieldError struct {
	Field  string // as the API names it
	Reason string // "must …"
}

func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Validate checks the rules that hold between the fields of a listener, each
// field being fine by itself. The error is a *FieldError.
func (l *Listener) Validate() error {
	switch {
	case l.Forward && l.ForwardPort == 0:
		return &FieldError{"ForwardPort", "must not be 0 while ListenerForward is on"}
	case l.Forward && l.ForwardPort == l.Port:
		return &FieldError{"ForwardPort", "must not be the ListenerPort while ListenerForward is on"}
	}
	return nil
}

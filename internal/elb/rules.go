package elb

// A FieldError says that the value of one field contradicts another.
type FieldError struct {
	Field  string // in the API's spelling
	Reason string // "must …"
}

func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Validate checks the rules between the fields of a listener whose fields are
// valid individually. The error is a *FieldError.
func (l *Listener) Validate() error {
	switch {
	case l.Forward && l.ForwardPort == 0:
		return &FieldError{"ForwardPort", "must not be 0 while ListenerForward is on"}
	case l.Forward && l.ForwardPort == l.Port:
		return &FieldError{"ForwardPort", "must not be the ListenerPort while ListenerForward is on"}
	}
	return nil
}

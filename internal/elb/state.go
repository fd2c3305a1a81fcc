package elb

// StateOf is the state of a listener as the API reports it, from what is
// desired and what the nodes say of it. revision is that of the listener's last
// change in the store.
//
// One node that serves makes the listener Running, but only once it serves the
// last change; until then it is Configuring. A listener that should run and
// does nowhere is Starting, also while a node says why it cannot: the node tries
// again. One that should not run and still does is Stopping.
func StateOf(started bool, revision int64, reports []ListenerStatus) ListenerState {
	var serving, current bool
	for _, r := range reports {
		if r.State != Stopped && r.State != Starting {
			serving = true
			current = current || r.State == Running && r.Revision >= revision
		}
	}
	switch {
	case started && current:
		return Running
	case started && serving:
		return Configuring
	case started:
		return Starting
	case serving:
		return Stopping
	}
	return Stopped
}

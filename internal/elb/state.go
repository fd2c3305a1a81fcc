package elb

// StateOf returns the state of a listener as the API reports it, from the desired
// state and the reports of the nodes. revision is that of the listener's last
// change in the store.
//
// A listener is Running if one node serves the last change, and Configuring while
// nodes serve only an earlier one. A listener that should run and is served by no
// node is Starting, even if a node reports why it cannot: the node retries. One
// that should not run and still does is Stopping.
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

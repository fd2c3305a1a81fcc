package upstream

// A Grip is how others than its owner get hold of a connection or a stream, to
// wake its owner up or to cut it off. It is good as long as the owner is.
type Grip struct{ of held }

// held is what a Grip holds.
type held interface {
	Interrupt()
	Close() error
}

// Interrupt ends the read under way, and all that follow.
func (g *Grip) Interrupt() { g.of.Interrupt() }

// Close ends what is held; its owner sees an error.
func (g *Grip) Close() { _ = g.of.Close() } // nothing is expected of it any more

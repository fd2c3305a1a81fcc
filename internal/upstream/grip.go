package upstream

// A Grip lets other goroutines than the owner of a connection or a stream wake
// its owner up or cut it off. It is valid as long as the owner has it.
type Grip struct{ of held }

// held is the connection or stream of a Grip.
type held interface {
	Interrupt()
	Close() error
}

// Interrupt ends the read in flight, and all later ones.
func (g *Grip) Interrupt() { g.of.Interrupt() }

// Close closes the connection or stream; its owner gets an error.
func (g *Grip) Close() { _ = g.of.Close() } // its errors do not matter any more

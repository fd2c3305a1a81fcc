package stream

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

// An engine is the set of event loops. Each listening socket is watched by all of
// them; a connection belongs to the loop that accepted it.
type engine struct {
	loops []*loop
}

func (e *engine) start(s *Streams) error {
	for range runtime.GOMAXPROCS(0) {
		o, err := newLoop(s)
		if err != nil {
			e.close()
			return fmt.Errorf("loop for TCP connections: %w", err)
		}
		e.loops = append(e.loops, o)
	}
	return nil
}

func (e *engine) close() {
	for _, o := range e.loops {
		o.close()
	}
}

// accept starts accepting connections of l, as soon as the process may.
func (e *engine) accept(l *Listener) {
	l.socket.After(l.streams.begun, func() {
		for _, o := range e.loops {
			o.Do(func() { o.listen(l) })
		}
	})
}

// refuse ends accept. After it returns no connection of l is accepted.
func (e *engine) refuse(l *Listener) {
	l.socket.Shut()
	for _, o := range e.loops {
		o.Do(func() { o.unlisten(l) })
	}
}

// cut resets the connections for which which reports true, and returns how many.
func (e *engine) cut(which func(*Listener, *Backend) bool, why reason) int {
	var n atomic.Int64
	for _, o := range e.loops {
		o.Do(func() {
			for _, p := range o.table {
				if p != nil && !p.ended && which(p.listener, p.backend) {
					p.end(why, true)
					n.Add(1)
				}
			}
		})
	}
	return int(n.Load())
}

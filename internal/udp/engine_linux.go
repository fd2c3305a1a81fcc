package udp

import (
	"fmt"
	"runtime"
	"sync/atomic"
)

// An engine is the set of event loops. Each listener belongs to one loop, with all of
// its sessions.
type engine struct {
	loops []*loop
	next  atomic.Uint32
}

func (e *engine) start(r *Relay) error {
	for range runtime.GOMAXPROCS(0) {
		o := newLoop(r)
		if err := o.Start(o); err != nil {
			e.close()
			return fmt.Errorf("loop for UDP sessions: %w", err)
		}
		e.loops = append(e.loops, o)
	}
	return nil
}

func (e *engine) close() {
	for _, o := range e.loops {
		o.Do(func() {
			o.cut(func(*Listener, *Backend) bool { return true }, byClose)
			o.closeAll()
			o.spares.release()
		})
		o.Close()
	}
}

// read starts reading the datagrams of l, as soon as the process may.
func (e *engine) read(l *Listener) {
	l.state.loop = e.loops[int(e.next.Add(1))%len(e.loops)]
	l.socket.After(l.relay.begun, func() { l.state.loop.Do(func() { l.state.loop.listen(l) }) })
}

// unread ends read. After it returns, no datagram of l is read.
func (e *engine) unread(l *Listener) {
	l.socket.Shut()
	l.state.loop.Do(func() { l.state.loop.unlisten(l) })
}

// cut ends the sessions for which which reports true.
func (e *engine) cut(which func(*Listener, *Backend) bool, why reason) {
	for _, o := range e.loops {
		o.Do(func() { o.cut(which, why) })
	}
}

// forget removes the listener from its loop.
func (e *engine) forget(l *Listener) {
	l.state.loop.Do(func() { delete(l.state.loop.all, l) })
}

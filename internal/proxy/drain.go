package proxy

import (
	"context"

	"elbow/internal/exchange"
	"elbow/internal/overload"
)

// Close stops accepting. When it returns, address and TCP port are free for
// another listener, which gets the UDP port when the last QUIC connection has
// ended; idle connections are closed, and answers that are still to come say
// Connection: close. Drain waits for those.
func (l *Listener) Close() {
	if l.frontend.Draining.Swap(true) {
		return
	}
	close(l.done)
	l.proxy.mu.Lock()
	delete(l.proxy.open, l)
	l.proxy.mu.Unlock()
	defer l.proxy.listeners.Remove(l.frontend.Counts)
	_ = l.tcp.Close() // closed once, by the Swap above
	l.proxy.files.Release(overload.TCPDescriptors, 0)
	l.each(func(o *exchange.Origin) { o.Member.Retire() })
}

// Drain ends the listener: it closes it, returns when the last exchange has
// ended, or cuts what is left when ctx does. The error is that of ctx if a connection
// was cut.
func (l *Listener) Drain(ctx context.Context) error {
	l.Close()
	ended := make(chan struct{})
	go l.await(ended) // ends with the last connection, which the cut below ensures
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	cut := 0
	l.each(func(o *exchange.Origin) {
		o.CutOff(exchange.DrainOver)
		cut++
	})
	<-ended
	if cut == 0 {
		return nil // the last connection had ended, or there was none
	}
	return ctx.Err()
}

func (l *Listener) await(ended chan<- struct{}) {
	l.running.Wait()
	close(ended)
}

// each calls f for every connection there is now. f may not block.
func (l *Listener) each(f func(*exchange.Origin)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for o := range l.conns {
		f(o)
	}
}

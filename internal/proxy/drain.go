package proxy

import (
	"context"

	"elbow/internal/exchange"
	"elbow/internal/overload"
)

// Close stops accepting. When it returns, address and TCP port are free for another
// listener, which gets the UDP port when the last QUIC connection has ended. Idle
// connections are closed, and answers still to come contain Connection: close. Drain
// waits for those.
func (l *Listener) Close() {
	if l.frontend.Draining.Swap(true) {
		return
	}
	close(l.done)
	l.proxy.leave(l)
	defer l.proxy.listeners.Remove(l.frontend.Counts)
	_ = l.tcp.Close() // closed once, by the Swap above
	l.proxy.files.Release(overload.TCPDescriptors, 0)
	l.conns.each(func(o *exchange.Origin) { o.Member.Retire() })
}

// Drain closes the listener and returns when the last exchange has ended. When ctx
// ends first, it cuts the remaining connections. The error is that of ctx if a
// connection was cut.
func (l *Listener) Drain(ctx context.Context) error {
	l.Close()
	ended := make(chan struct{})
	go l.conns.await(ended) // ends with the last connection, which the cut below ensures
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	cut := 0
	l.conns.each(func(o *exchange.Origin) {
		o.CutOff(exchange.DrainOver)
		cut++
	})
	<-ended
	if cut == 0 {
		return nil // the last connection had ended
	}
	return ctx.Err()
}

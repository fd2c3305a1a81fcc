package node

import (
	"cmp"
	"log/slog"

	"elbow/internal/proxy"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// openStreams starts the data plane of TCP listeners, which shares limits, counts and
// inherited sockets with that of the others. It is nil if it cannot be started; the node
// serves all others then.
func openStreams(c Config, traffic *proxy.Proxy, log *slog.Logger) *stream.Streams {
	s, err := stream.New(stream.Options{
		Log: log, Line: traffic.Lines(), Conns: traffic.Conns(), Files: traffic.Files(),
		MaxConns: c.MaxConnections, MaxListenerConns: c.MaxListenerConns, MaxBackendConns: c.MaxBackendConns,
		DrainTimeout: c.DrainTimeout, Inherit: traffic.Inherit, Begun: traffic.Begun(),
	})
	if err != nil {
		log.Error("TCP listeners cannot be served", "err", err)
		return nil
	}
	return s
}

// openRelay starts the data plane of UDP listeners, as openStreams does that of TCP.
func openRelay(c Config, traffic *proxy.Proxy, log *slog.Logger) *udp.Relay {
	r, err := udp.New(udp.Options{
		Log: log, Line: traffic.Lines(), Files: traffic.Files(), MaxSessions: min(c.MaxConnections, cmp.Or(c.MaxListenerConns, c.MaxConnections)),
		DrainTimeout: c.DrainTimeout, Inherit: traffic.Inherit, Begun: traffic.Begun(),
	})
	if err != nil {
		log.Error("UDP listeners cannot be served", "err", err)
		return nil
	}
	return r
}

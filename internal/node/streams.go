package node

import (
	"cmp"
	"log/slog"

	"elbow/internal/proxy"
	"elbow/internal/stream"
	"elbow/internal/udp"
)

// openStreams starts the data plane of TCP listeners, which shares limits, counters and
// inherited sockets with that of the other protocols. It returns nil if it cannot be
// started; the node then serves the other protocols only.
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

// openRelay starts the data plane of UDP listeners, with the same parts shared and the
// same result on failure as openStreams.
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

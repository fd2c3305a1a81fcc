package node

import (
	"log/slog"

	"elbow/internal/proxy"
	"elbow/internal/stream"
)

// openStreams starts the data plane of TCP listeners, which shares limits, counts and
// inherited sockets with that of the others. It is nil if it cannot be started; the node
// serves all others then.
func openStreams(c Config, traffic *proxy.Proxy, log *slog.Logger) *stream.Streams {
	s, err := stream.New(stream.Options{
		Log: log, Line: traffic.AddLine, Conns: traffic.Conns(), Files: traffic.Files(),
		MaxConns: c.MaxConnections, MaxListenerConns: c.MaxListenerConns, MaxBackendConns: c.MaxBackendConns,
		DrainTimeout: c.DrainTimeout, Inherit: traffic.Inherit, Begun: traffic.Begun(),
	})
	if err != nil {
		log.Error("TCP listeners cannot be served", "err", err)
		return nil
	}
	return s
}

package node

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// servers are the HTTP servers of a node.
type servers struct {
	running sync.WaitGroup
	failed  chan error // errors of servers that ended by themselves; buffered for all of them
}

// answerTime is how long a call in flight may still take when the node ends.
const answerTime = 5 * time.Second

// serve makes a server accept connections from l until one of the two is closed.
func (s *servers) serve(server *http.Server, l net.Listener) {
	s.running.Go(func() { // ends with the server or the listener; the end of the node waits
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- err
		}
	})
}

// shutDown ends a server. Calls in flight may take answerTime, or until ctx ends.
func shutDown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // cuts the calls that did not end in time
	}
}

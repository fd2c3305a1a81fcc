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
	failed  chan error // a server that ended by itself; has room for all of them
}

// answerTime is how long a call that is under way may still take when the node
// ends.
const answerTime = 5 * time.Second

// serve has a server take connections from l, until the server or l is closed.
func (s *servers) serve(server *http.Server, l net.Listener) {
	s.running.Go(func() { // ends with the server or the listener; the end of the node waits
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.failed <- err
		}
	})
}

// shutDown ends a server. Answers that are under way have answerTime, or until ctx ends.
func shutDown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // what did not end in time is cut
	}
}

// Package node is a process of elbow that serves: it opens the store, runs control plane
// and data plane on it, serves API, console and metrics, and gives way to a newer process.
// Who reads flags and prints errors is not its concern. Start reading at Run.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"elbow/internal/backup"
	"elbow/internal/elb"
	"elbow/internal/handover"
	"elbow/internal/history"
	"elbow/internal/lockout"
	"elbow/internal/proxy"
	"elbow/internal/reconcile"
	"elbow/internal/rpc"
)

// A Node is the whole product in this process.
type Node struct {
	config     Config
	log        *slog.Logger
	endpoint   string // of the API, as the first start tells it to clients
	APIURL     string
	AdminURL   string // "": off
	consoleURL string // "": off

	// What goes on when another process takes over, or is about to.
	traffic    *proxy.Proxy
	loop       *reconcile.Loop
	recorder   *history.Recorder
	audit      io.Writer // nil: none
	api, admin *net.TCPListener
	own        ownSockets // of these two
	reach      *elb.Reach
	door       *door
	apiServer  *http.Server
	guests     *guests  // of the API's port
	apiPair    *keyPair // nil: the API speaks plain HTTP
	lockout    *lockout.Lockout
	elders     elders

	// What has to be let go of for that.
	control   atomic.Pointer[controlPlane] // nil while another process may have the store
	stopLoop  func()
	requests  *handover.Listener // of processes that want to take over
	successor *handover.Request  // of the one that has; it sees by it when this one ends
	nonces    []rpc.UsedNonce    // while control is nil
	reopen    <-chan time.Time   // when to try to get the store back; nil: no need
	pause     time.Duration      // before that
	stuck     atomic.Pointer[error]
	restores  chan *backup.Order
	progress  func(made, of int) // of the restore under way; nil: nobody waits

	ends    []func(context.Context) // what started last ends first
	reloads []func() error          // at SIGHUP
	failed  chan error              // a server that ended by itself; has room for all of them

	draining atomic.Bool
	yielded  atomic.Bool // to another process
	servers  sync.WaitGroup
	apiConns openConns
}

func newNode(c Config, log *slog.Logger) *Node {
	n := &Node{config: c, log: log, failed: make(chan error, 3), door: newDoor(), restores: make(chan *backup.Order)}
	n.reach = newReach(c, &n.own)
	return n
}

// atEnd notes what ends a part. It is called after the ends of all parts that
// were started later.
func (n *Node) atEnd(end func()) {
	n.ends = append(n.ends, func(context.Context) { end() })
}

// Close drains and ends everything; what is left when ctx ends is cut.
func (n *Node) Close(ctx context.Context) {
	n.draining.Store(true)
	if control := n.control.Load(); control != nil {
		control.endRecording() // while there are listeners
	}
	for len(n.ends) > 0 {
		last := len(n.ends) - 1
		n.ends[last](ctx)
		n.ends = n.ends[:last]
	}
}

// end is close without patience.
func (n *Node) end() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	n.Close(ctx)
}

// untilEnd returns at a signal to end, when another process has taken over, or
// with the error of a server that ended by itself.
func (n *Node) untilEnd(signals <-chan os.Signal) error {
	opened := n.loop.Opened()
	for {
		select {
		case <-opened:
			n.ready()
			opened = nil
		case s := <-signals:
			if s != syscall.SIGHUP {
				n.log.Info("draining", "signal", s.String())
				return nil
			}
			n.reload()
		case r := <-n.requests.Requests():
			yielded := false
			if n.during(signals, func(ctx context.Context) { yielded = n.yield(ctx, r) }) || yielded {
				return nil
			}
		case r := <-n.restores:
			if n.during(signals, func(ctx context.Context) { n.restore(ctx, r) }) {
				return nil
			}
		case <-n.storeFailed():
			if n.during(signals, n.renew) {
				return nil
			}
		case <-n.reopen:
			if n.during(signals, n.again) {
				return nil
			}
		case err := <-n.failed:
			n.log.Error("draining", "err", err)
			return err
		}
	}
}

// storeFailed is closed when the store has failed; nil without one.
func (n *Node) storeFailed() <-chan struct{} {
	if control := n.control.Load(); control != nil {
		return control.member.Failed()
	}
	return nil
}

// ready tells that every listener that can be opened is open.
func (n *Node) ready() {
	h := n.loop.Health()
	n.log.Info("ready", "api", n.APIURL, "admin", n.AdminURL, "console", n.consoleURL, "version", n.config.Version,
		"listeners", h.Listeners, "failing", h.Failing)
	if h.Failing > 0 {
		n.log.Warn("some listeners are not open, their statuses say why", "failing", h.Failing, "listeners", h.Listeners)
	}
	notify(n.log, "READY=1", fmt.Sprintf("MAINPID=%d", os.Getpid()))
}

// reload opens files anew. One that cannot be opened leaves the old one in use.
func (n *Node) reload() {
	for _, again := range n.reloads {
		if err := again(); err != nil {
			n.log.Error("not reloaded", "err", err)
		}
	}
	n.log.Info("reloaded")
}

// hear lets other processes ask for a takeover, and pass calls on.
func (n *Node) hear() (err error) {
	n.hearNobody()
	if n.requests, err = handover.Listen(n.config.Data, n.config.Version, n.log); err != nil {
		return err
	}
	n.serve(n.apiServer, n.requests.Calls())
	return nil
}

// answerTime is how long a call that is under way may still take when the node
// ends.
const answerTime = 5 * time.Second

// hearNobody ends that.
func (n *Node) hearNobody() {
	if n.requests != nil {
		n.requests.Close()
	}
}

// closeControl closes the control plane, unless another process has it.
func (n *Node) closeControl() {
	if control := n.control.Swap(nil); control != nil {
		control.close()
	}
}

// serveHTTP runs an HTTP server in the background until the node ends.
func (n *Node) serveHTTP(server *http.Server, l net.Listener) {
	n.serve(server, l)
	n.ends = append(n.ends, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // what did not end in time is cut
		}
	})
}

// serve has a server take connections from l.
func (n *Node) serve(server *http.Server, l net.Listener) {
	n.servers.Go(func() { // ends with the server or the listener; the end of start waits
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			n.failed <- err
		}
	})
}

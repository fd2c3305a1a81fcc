package embedded

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
)

// starting is held while a member starts: etcd publishes the status of one raft only.
var starting sync.Mutex

// startServer runs etcd and returns when it answers calls. Some waits of etcd never
// end, and on a fatal error the goroutine that calls it ends instead of the process.
// Therefore etcd is called in a separate goroutine.
func (m *Member) startServer(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("etcd not ready after %v", startTimeout))
	defer cancel()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	starting.Lock()
	defer starting.Unlock()
	built := make(chan error, 1)
	go m.buildServer(c, built) // ends at the latest with the files it uses, which abandon detaches
	select {
	case err := <-built:
		if err != nil {
			return err
		}
	case <-m.fault.ctx.Done():
		m.abandon()
		return m.fault.err()
	case <-ctx.Done():
		m.abandon()
		return context.Cause(ctx)
	}
	m.server.Start()
	if err := m.waitReady(ctx); err != nil {
		m.stopServer(m.server.HardStop)
		return err
	}
	return nil
}

// buildServer sends the result, unless etcd ends its goroutine.
func (m *Member) buildServer(c Config, built chan<- error) {
	defer func() {
		if p := recover(); p != nil {
			built <- fmt.Errorf("etcd: %v", p)
		}
	}()
	var err error
	m.server, err = etcdserver.NewServer(m.settings(c))
	built <- err
}

// waitReady makes the member elect itself, and returns when it answers calls.
func (m *Member) waitReady(ctx context.Context) error {
	again := time.NewTicker(electEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
			if m.applied() {
				m.elect(ctx)
			}
		case <-m.server.ReadyNotify():
			return nil
		case <-m.fault.ctx.Done():
			return m.fault.err()
		case <-m.server.StopNotify():
			return errors.New("etcd stopped while starting")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// applied reports whether raft knows that all committed entries of its log were
// applied. etcd publishes the status of the raft instance that was created last, which
// belongs to this member because members of one process start one after another.
func (m *Member) applied() bool {
	published, ok := expvar.Get("raft.status").(expvar.Func)
	if !ok {
		return false // raft holds its own election
	}
	status, ok := published.Value().(raft.Status)
	return ok && status.ID == uint64(m.server.MemberID()) && status.GetCommit() > 0 && status.Applied >= status.GetCommit()
}

// elect requests an election now, with the message that a leader sends for a handover.
// A member that is already the leader ignores it.
func (m *Member) elect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, electTimeout)
	defer cancel()
	id := uint64(m.server.MemberID())
	// If etcd is busy, the request is repeated; if it has ended, the caller notices.
	_ = m.server.Process(ctx, &raftpb.Message{Type: raftpb.MsgTimeoutNow.Enum(), From: &id, To: &id})
}

// stopServer calls stop, which ends etcd. After a fault one of etcd's goroutines
// is gone and stop would wait for it forever: then its files are detached from
// what is left of it, so that the next one can open them. The log is on disk.
func (m *Member) stopServer(stop func()) {
	stopped := make(chan struct{})
	if m.fault.err() == nil {
		go func() { // ends with etcd; after a fault never
			stop()
			close(stopped)
		}()
		select {
		case <-stopped:
			return
		case <-m.fault.ctx.Done():
		case <-time.After(stopTimeout):
		}
	}
	m.abandon()
}

// abandon detaches the files of an etcd that does not end.
func (m *Member) abandon() {
	if err := releaseFiles(m.dir.store()); err != nil {
		m.log.Error("files of the store not released, they stay open until this process ends", "err", err)
	}
}

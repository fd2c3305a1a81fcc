// Package embedded runs an etcd member inside the process. The member listens on
// no socket: its client calls it in memory. The package owns the data directory,
// its lock, its format version and the seal key beside the store; it does not
// interpret what is stored. Start reading at Start.
package embedded

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/types"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/config"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/membership"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/features"
)

// Config says where a member lives and how large it may grow.
type Config struct {
	Dir string // data directory; created if absent

	// Quota is the maximum size of the database, in bytes, above which writes are
	// refused. 0: DefaultQuota.
	Quota int64

	// Document validates a value of the database before it is opened; leased says
	// whether it has a lease. Nil: nothing is validated.
	Document func(key, value []byte, leased bool) error

	// Before is called after the directory is locked and before the store is
	// opened; its error ends the start. Nil: not called.
	Before func() error

	Log *slog.Logger // nil: slog.Default

	tick time.Duration // of raft; 0: the default
}

// A Member is a running etcd of one member.
type Member struct {
	dir     *directory
	fresh   bool
	sealKey []byte
	server  *etcdserver.EtcdServer
	client  *clientv3.Client
	disk    disk
	quota   int64 // maximum size of the database, in bytes
	log     *slog.Logger

	stop context.CancelFunc // ends the goroutine of watchSpace
	done sync.WaitGroup     // that goroutine

	once  sync.Once
	fault *fault
}

// Start opens the data directory and starts the member in it. It returns when the
// member answers calls, or when ctx ends. A directory that another process uses,
// that a newer version wrote, or whose seal key is missing is refused, and a
// damaged one with a *DamageError. A store that never held anything, because its
// first start was interrupted, is created again.
func Start(ctx context.Context, c Config) (*Member, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Quota == 0 {
		c.Quota = DefaultQuota
	}
	dir, err := openDirectory(c.Dir)
	if err != nil {
		return nil, err
	}
	m, err := start(ctx, c, dir)
	if err != nil {
		dir.close()
		return nil, err
	}
	return m, nil
}

func start(ctx context.Context, c Config, dir *directory) (*Member, error) {
	if c.Before != nil {
		if err := c.Before(); err != nil {
			return nil, err
		}
	}
	fresh, err := dir.prepare(c.Document, c.Log)
	if err != nil {
		return nil, err
	}
	m := &Member{
		dir:   dir,
		fresh: fresh,
		disk:  disk{dir.path},
		quota: c.Quota,
		log:   c.Log,
		fault: newFault(c.Log),
	}
	if fresh { // an existing store serves reads on a full disk
		if err := m.disk.check(); err != nil {
			return nil, err
		}
	}
	if m.sealKey, err = sealKey(dir.path, fresh); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir.store(), 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := m.startServer(ctx, c); err != nil {
		return nil, dir.whyNot(err)
	}
	if err := dir.begun(); err != nil { // before anything is acknowledged
		m.stopServer(m.server.HardStop)
		return nil, fmt.Errorf("data directory: %w", err)
	}
	m.client = v3client.New(m.server)
	m.client.KV = guard{KV: m.client.KV, mayRead: m.fault.err, mayWrite: m.check, failed: m.fault.ctx}
	watch, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.done.Go(func() { m.watchSpace(watch) }) // ends with its context; Close waits
	return m, nil
}

// settings is etcd's configuration.
func (m *Member) settings(c Config) config.ServerConfig {
	const name = "elbow"
	// A member needs an address as its identity. Nothing listens there.
	peer := types.MustNewURLs([]string{"http://localhost:2380"})
	zlog := m.fault.logger()
	return config.ServerConfig{
		Name:                        name,
		PeerURLs:                    peer,
		ClientURLs:                  peer,
		InitialPeerURLsMap:          types.URLsMap{name: peer},
		InitialClusterToken:         name,
		NewCluster:                  true,
		DataDir:                     m.dir.store(),
		TickMs:                      uint(cmp.Or(c.tick, tick).Milliseconds()),
		ElectionTicks:               electionTicks,
		InitialElectionTickAdvance:  false,
		SnapshotCount:               etcdserver.DefaultSnapshotCount,
		SnapshotCatchUpEntries:      catchUpEntries,
		MaxSnapFiles:                2,
		MaxWALFiles:                 2,
		BcryptCost:                  10, // no user of etcd has a password; this silences its warning about 0
		AutoCompactionMode:          "periodic",
		AutoCompactionRetention:     compactAfter,
		QuotaBackendBytes:           c.Quota,
		MaxTxnOps:                   maxTxnOps,
		MaxRequestBytes:             maxRequestBytes,
		WarningApplyDuration:        slowCall,
		WarningUnaryRequestDuration: slowCall,
		// Only live data is copied, so a start after many deletions costs a
		// fraction of a second and frees the file's unused pages.
		BootstrapDefragThresholdMegabytes: 64,
		StrictReconfigCheck:               true,
		MaxLearners:                       membership.DefaultMaxLearners,
		V2Deprecation:                     config.V2DeprDefault,
		Logger:                            zlog,
		ServerFeatureGate:                 features.NewDefaultServerFeatureGate(name, zlog),
	}
}

// check returns nil if a write may be tried.
func (m *Member) check() error {
	if err := m.fault.err(); err != nil {
		return err
	}
	return m.disk.check()
}

// Client calls the member in memory. Close closes it.
func (m *Member) Client() *clientv3.Client { return m.client }

// SealKey is the key that encrypts secrets in this store: 32 bytes.
func (m *Member) SealKey() []byte { return m.sealKey }

// Fresh reports whether this start created the store.
func (m *Member) Fresh() bool { return m.fresh }

// Failed is closed when etcd has met a fatal error: every call is refused from
// then on, until the member is closed and another one started.
func (m *Member) Failed() <-chan struct{} { return m.fault.ctx.Done() }

// Close stops the member and unlocks the directory. Calls in flight fail.
func (m *Member) Close() {
	m.once.Do(func() {
		m.stop()
		m.done.Wait()
		m.stopServer(func() {
			_ = m.client.Close() // it has no connection that could fail to close
			m.server.Stop()
		})
		m.dir.close()
	})
}

// Package embedded runs an etcd member inside the process. The member listens
// on no socket: its client calls it in memory. The package owns the data
// directory, its lock, its format version and the seal key beside the store; it
// knows nothing of what is stored. Start reading at Start.
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
	Dir string // data directory; made if absent

	// Quota is how many bytes the database may take before writes are refused.
	// 0: DefaultQuota.
	Quota int64

	// Document says what is wrong with what stands under a key of the database,
	// before it is opened; leased if it has a lease. Nil: nothing is.
	Document func(key, value []byte, leased bool) error

	// Before is called when the directory is locked and before the store is opened;
	// its error ends the start. Nil: nothing.
	Before func() error

	Log *slog.Logger // nil: slog.Default

	tick time.Duration // of raft; 0: the usual
}

// A Member is a running etcd of one member.
type Member struct {
	dir     *directory
	fresh   bool
	sealKey []byte
	server  *etcdserver.EtcdServer
	client  *clientv3.Client
	disk    disk
	quota   int64 // bytes the database may take
	log     *slog.Logger

	stop context.CancelFunc // ends the goroutine of watchSpace
	done sync.WaitGroup     // that goroutine

	once  sync.Once
	fault *fault
}

// Start opens the data directory and starts the member in it. It returns when
// the member answers calls, or when ctx ends. A directory that another process
// uses, that a newer version wrote, or whose seal key is gone is refused, and one
// that is damaged with a *DamageError. A store that never held anything, because
// its first start was interrupted, is begun anew.
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
	if fresh { // an older store serves what it has on a full disk
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

// settings are etcd's, by its own names.
func (m *Member) settings(c Config) config.ServerConfig {
	const name = "elbow"
	// A member needs an address to be told apart by. Nobody listens there.
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
		BcryptCost:                  10, // no user of etcd has a password; its warning about 0 is silenced
		AutoCompactionMode:          "periodic",
		AutoCompactionRetention:     compactAfter,
		QuotaBackendBytes:           c.Quota,
		MaxTxnOps:                   maxTxnOps,
		MaxRequestBytes:             maxRequestBytes,
		WarningApplyDuration:        slowCall,
		WarningUnaryRequestDuration: slowCall,
		// Only the live part is copied, so a start after much was deleted costs
		// a fraction of a second and gives the file's free pages back.
		BootstrapDefragThresholdMegabytes: 64,
		StrictReconfigCheck:               true,
		MaxLearners:                       membership.DefaultMaxLearners,
		V2Deprecation:                     config.V2DeprDefault,
		Logger:                            zlog,
		ServerFeatureGate:                 features.NewDefaultServerFeatureGate(name, zlog),
	}
}

// check is nil if a write may be tried.
func (m *Member) check() error {
	if err := m.fault.err(); err != nil {
		return err
	}
	return m.disk.check()
}

// Client calls the member in memory. It is closed by Close.
func (m *Member) Client() *clientv3.Client { return m.client }

// SealKey is the key that secrets in this store are sealed with: 32 bytes.
func (m *Member) SealKey() []byte { return m.sealKey }

// Fresh reports whether the store was begun by this start.
func (m *Member) Fresh() bool { return m.fresh }

// Failed is closed when etcd has met an error that it does not survive: every
// call is refused from then on, until the member is closed and another one started.
func (m *Member) Failed() <-chan struct{} { return m.fault.ctx.Done() }

// Close stops the member and lets go of the directory. Calls under way end
// with an error.
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

package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Health is the state of the store.
type Health struct {
	Size  int64 // size of the database on disk, in bytes
	InUse int64 // of Size, bytes in live pages; the rest is reused
	Quota int64 // maximum size of the database, in bytes
	Disk  int64 // bytes free on the file system

	Err     error // why no write is possible; nil if writes are possible
	Warning error // what will lead to Err; nil if nothing will
}

// Health returns the present state.
func (m *Member) Health() Health {
	backend := m.server.Backend()
	h := Health{
		Size:  backend.Size(),
		InUse: backend.SizeInUse(),
		Quota: m.quota,
		Disk:  m.disk.free(),
		Err:   m.check(),
	}
	if h.Err == nil && m.alarm() != nil {
		h.Err = fmt.Errorf("%w: the database takes %d of %d MiB", ErrFull, h.Size>>20, h.Quota>>20)
	}
	if h.Size >= h.Quota/100*nearlyFull {
		h.Warning = fmt.Errorf("the store is nearly full: %d of %d MiB", h.Size>>20, h.Quota>>20)
	}
	if h.Disk < lowDisk {
		low := fmt.Errorf("the disk of %s is nearly full: %d MiB left", m.disk.dir, h.Disk>>20)
		h.Warning = errors.Join(h.Warning, low)
	}
	return h
}

// alarm is raised by etcd when a write exceeded the quota. etcd refuses further
// writes until the alarm is disarmed, whatever the size is then.
func (m *Member) alarm() *pb.AlarmMember {
	for _, a := range m.server.Alarms() {
		if a.GetAlarm() == pb.AlarmType_NOSPACE {
			return a
		}
	}
	return nil
}

// watchSpace checks the sizes until ctx ends and logs changes.
func (m *Member) watchSpace(ctx context.Context) {
	tick := time.NewTicker(spaceInterval)
	defer tick.Stop()
	var last Health
	for {
		if m.fault.err() == nil {
			m.makeRoom(ctx)
		}
		now := m.Health()
		m.logChange(last, now)
		last = now
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// makeRoom frees unused pages when the database is nearly full and at least half
// of it would become free, and disarms the alarm once there is room. Calls wait
// while the live pages are copied, some 100 ms per 100 MiB.
func (m *Member) makeRoom(ctx context.Context) {
	backend := m.server.Backend()
	before := backend.Size()
	if before >= m.quota/100*nearlyFull && backend.SizeInUse() < before/2 {
		if err := m.server.Defragment(); err != nil {
			m.log.Warn("store not defragmented", "err", err)
			return
		}
		m.log.Info("store defragmented", "before", before, "after", backend.Size())
	}
	if a := m.alarm(); a != nil && backend.Size() < m.quota/100*nearlyFull {
		ctx, cancel := context.WithTimeout(ctx, spaceInterval)
		defer cancel()
		if _, err := m.client.AlarmDisarm(ctx, (*clientv3.AlarmMember)(a)); err != nil {
			m.log.Warn("store alarm not disarmed", "err", err)
		}
	}
}

// logChange logs the transition between two checks, if there was one.
func (m *Member) logChange(last, now Health) {
	switch {
	case now.Err != nil && last.Err == nil:
		m.log.Error("store takes no writes", "err", now.Err)
	case now.Err == nil && now.Warning != nil && (last.Warning == nil || last.Err != nil):
		m.log.Warn("store is running out of space", "err", now.Warning)
	case now.Err == nil && now.Warning == nil && (last.Err != nil || last.Warning != nil):
		m.log.Info("store has room again", "size", now.Size, "disk", now.Disk)
	}
}

// LastWrite is the time of the last write to the store in a data directory; zero
// if there is none, or it is unknown.
func LastWrite(dir string) (last time.Time) {
	d := &directory{path: dir}
	files := []string{filepath.Join(d.store(), dbFile)}
	names, err := d.logFiles()
	if err == nil {
		for _, name := range names {
			files = append(files, filepath.Join(d.store(), walDir, name))
		}
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/storage/wal"
)

// prepare ensures that etcd can open the store and will have everything that was
// acknowledged. It reports whether there is no store yet; then it removes what an
// interrupted first start has left.
func (d *directory) prepare(document documentCheck, log *slog.Logger) (fresh bool, err error) {
	found, database, err := d.examine(document)
	if err != nil {
		return false, err
	}
	if found.isNew(database) {
		return true, d.clear()
	}
	if name := found.files[len(found.files)-1]; found.torn || found.short {
		if found.torn {
			log.Warn("the last write to the store did not complete and is dropped: it was not acknowledged", "file", name)
		}
		if err := d.mendLog(name, found.end); err != nil {
			return false, fmt.Errorf("data directory: %w", err)
		}
	}
	if database == nil {
		log.Warn("the database of the store is missing and rebuilt from its log", "file", filepath.Join(d.store(), dbFile))
		if err := os.Remove(filepath.Join(d.store(), dbFile)); err != nil && !errors.Is(err, fs.ErrNotExist) { // it is empty
			return false, fmt.Errorf("data directory: %w", err)
		}
	}
	return false, nil
}

// examine reads the store without changing it.
func (d *directory) examine(document documentCheck) (*logState, *boltFile, error) {
	found, err := d.readLog()
	if err != nil {
		return nil, nil, err
	}
	database, err := d.readDatabase(document)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case found.isNew(database):
		return found, database, d.mayBegin()
	case len(found.files) == 0:
		return nil, nil, d.damaged(walDir, "the log is missing, of which the database has %d entries", database.index)
	case database == nil && !found.whole:
		return nil, nil, d.damaged(dbFile, "it is missing or empty, and the log does not go back to its beginning")
	case database != nil && database.index > found.last:
		return nil, nil, d.damaged(filepath.Join(walDir, found.files[len(found.files)-1]),
			"it ends at entry %d, and the database has %d", found.last, database.index)
	}
	return found, database, nil
}

// isNew reports whether nothing can have been acknowledged: no entry of the log
// is committed, and the database, if there is one, has none either. A log without
// an entry, as an interrupted first start leaves it, is useless to etcd.
func (s *logState) isNew(database *boltFile) bool {
	return s.committed == 0 && (database == nil || database.index == 0 && database.keys == 0)
}

// begunFile exists once a store was created: if the store is gone or empty then,
// it was lost.
const begunFile = "begun"

// mayBegin returns nil if there has been no store.
func (d *directory) mayBegin() error {
	_, err := os.Lstat(filepath.Join(d.path, begunFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return d.damaged("", "the store is missing or empty, and there was one: %s says so", begunFile)
}

// begun records that there is a store.
func (d *directory) begun() error {
	path := filepath.Join(d.path, begunFile)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return writeDurably(path, []byte("There is a store in etcd since "+time.Now().UTC().Format(time.RFC3339)+".\n"), 0o644)
}

// clear removes what there is of a store that never held anything.
func (d *directory) clear() error {
	if err := os.RemoveAll(d.store()); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

// mendLog cuts an incomplete record off the last file of the log, and extends the
// file to the size that etcd reserves, which it does not have if the process was
// killed when it began the next one: without that a shorter file with an
// incomplete record at its end would count as damaged, see readLog.
func (d *directory) mendLog(name string, end int64) error {
	f, err := os.OpenFile(filepath.Join(d.store(), walDir, name), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(end), f.Truncate(wal.SegmentSizeBytes), f.Sync(), f.Close())
}

// whyNot adds the data directory to the error with which etcd does not start.
func (d *directory) whyNot(err error) error {
	return fmt.Errorf("data directory %s: %w", d.path, err)
}

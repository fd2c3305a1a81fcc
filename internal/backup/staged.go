package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"elbow/internal/regular"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// restoringFile holds a backup in the data directory, from the moment when its
// restore cannot be undone until all of it is in the store. A transaction of the
// store holds some hundred documents: if the process dies in between, the next
// one finishes the restore before it serves.
const restoringFile = "restoring.backup"

// Stage begins a restore: from now on it will be completed, whatever happens.
func (b *File) Stage(dir string) error {
	return WriteWhole(filepath.Join(dir, restoringFile), b.content)
}

// Finish writes a staged restore to the store, if there is one. The result is
// that of store.Load.
func Finish(ctx context.Context, dir string, s *store.Store, log *slog.Logger, progress func(made, of int)) (revision int64, err error) {
	path := filepath.Join(dir, restoringFile)
	content, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var b File
	if err == nil {
		b, err = Read(content)
	}
	if err != nil {
		return 0, damagedRestore(dir, err)
	}
	log.Warn("restoring a backup", "made", b.Time, "rev", b.Revision, "documents", len(b.documents))
	if revision, err = s.Load(ctx, b.documents, b.key, progress); err != nil {
		return 0, fmt.Errorf("the restore of the backup of %s has not finished, and goes on when the store can be written again: %w", b.Time.Format(time.RFC3339), err)
	}
	log.Info("backup restored", "made", b.Time, "rev", b.Revision)
	if err := os.Remove(path); err != nil {
		return 0, err
	}
	return revision, syncDirectory(dir)
}

// damagedRestore is the error for a staged backup that cannot be read.
func damagedRestore(dir string, err error) error {
	return &embedded.DamageError{Dir: dir, File: restoringFile, Err: fmt.Errorf("a restore was interrupted, and this is its copy of the backup: %w", err)}
}

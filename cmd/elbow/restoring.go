package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"elbow/internal/archive"
	"elbow/internal/regular"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// restoringFile holds a backup in the data directory, from the moment when its
// restore cannot be taken back until all of it is in the store. A transaction of
// the store takes some hundred documents: a process that ends in between leaves
// the rest to the next one, which lets nobody see the store before.
const restoringFile = "restoring.backup"

// A backup is a file of one, read and checked.
type backup struct {
	archive.Header
	content   []byte // of the file
	documents []store.Document
	key       []byte // that its secrets are sealed with
}

// readBackup reads a backup and makes sure that a store will take all of it.
func readBackup(content []byte) (b backup, err error) {
	b.content = content
	h, documents, err := archive.Read(bytes.NewReader(content))
	if err != nil {
		return b, err
	}
	b.Header = h
	if b.key, err = hex.DecodeString(h.SealKey); err != nil {
		return b, fmt.Errorf("%w: its seal key is unreadable", archive.ErrDamaged)
	}
	b.documents = make([]store.Document, len(documents))
	for i, d := range documents {
		b.documents[i] = store.Document(d)
	}
	return b, store.CheckDocuments(b.documents, b.key)
}

// stage begins a restore: from now on it is finished, whatever happens.
func (b *backup) stage(dir string) error {
	return writeWhole(filepath.Join(dir, restoringFile), b.content)
}

// finishRestore puts what a restore has staged into the store, if there is
// anything. The result is as that of store.Load.
func finishRestore(ctx context.Context, dir string, s *store.Store, log *slog.Logger, progress func(made, of int)) (revision int64, err error) {
	path := filepath.Join(dir, restoringFile)
	content, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var b backup
	if err == nil {
		b, err = readBackup(content)
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

// A restoration is a restore that the node has been asked for.
type restoration struct {
	backup
	progress func(made, of int)
	done     chan error // has room for one
}

// restore makes all that is stored what a backup says. Nobody sees the store
// meanwhile: calls wait, and what runs stays as it is.
func (n *node) restore(ctx context.Context, r *restoration) {
	err := n.halt(ctx)
	if err == nil {
		if err = r.stage(n.config.data); err == nil {
			n.progress = r.progress
		}
	}
	if err != nil {
		n.log.Error("backup not restored, nothing was changed", "err", err)
	}
	n.resume(ctx)
	n.progress = nil
	if err == nil {
		err = n.stuckBy()
	}
	r.done <- err
}

package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"elbow/internal/archive"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// Take gets a backup from the node that runs on a data directory, or from the
// directory if none does. version is that of the program.
func Take(ctx context.Context, dir, version string) (content []byte, err error) {
	resp, err := overBackupSocket(ctx, dir, http.MethodGet, "backup", nil)
	if nobody(err) {
		if err := mustHaveStore(dir); err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err := atRest(ctx, dir, nil, func(int, int) {}, func(s *store.Store, key []byte) error {
			h, documents, err := dump(ctx, version, s, key)
			if err != nil {
				return err
			}
			return archive.Write(&out, h, documents)
		})
		return out.Bytes(), err
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := refusal(resp); err != nil {
		return nil, err
	}
	return io.ReadAll(resp.Body)
}

// mustHaveStore refuses a directory that no node has used: the store would be
// created, and its backup be empty.
func mustHaveStore(dir string) error {
	has, err := embedded.HasStore(dir)
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, restoringFile)); !has && err != nil {
		return fmt.Errorf("--data: %s is no data directory of a node: there is nothing to back up", dir)
	}
	return nil
}

// nobody reports whether err means that no node runs on the directory.
func nobody(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// atRest opens the store of a stopped node, completes an interrupted restore, and
// calls use. before is as in embedded.Config.
func atRest(ctx context.Context, dir string, before func() error, progress func(made, of int), use func(s *store.Store, key []byte) error) error {
	if _, err := os.Stat(filepath.Dir(filepath.Clean(dir))); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--data: %w", err)
	}
	quiet := slog.New(slog.DiscardHandler)
	member, err := embedded.Start(ctx, embedded.Config{Dir: dir, Before: before, Document: store.VerifyDocument, Log: quiet})
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("%w, which does not answer at %s", err, filepath.Join(dir, backupSocket))
	}
	if err != nil {
		return err
	}
	defer member.Close()
	s, err := OpenStore(dir, member)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := Finish(ctx, dir, s, quiet, progress); err != nil {
		return err
	}
	return use(s, member.SealKey())
}

// OpenStore opens the store of a member.
func OpenStore(dir string, member *embedded.Member) (*store.Store, error) {
	s, err := store.New(member.Client(), member.SealKey())
	if errors.Is(err, store.ErrSealKey) {
		return nil, &embedded.DamageError{Dir: dir, File: "seal.key", Err: err}
	}
	return s, err
}

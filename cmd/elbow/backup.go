package main

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

	"github.com/spf13/cobra"

	"elbow/internal/archive"
	"elbow/internal/cli"
	"elbow/internal/regular"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

const backupText = `Write all that a node has stored to a file: load balancers, listeners, certificates
with their keys, users, access keys and policies, as of one moment. The node may run
or not. The file holds the key to the secrets in it: keep it as you keep passwords.
It ends with a checksum; a file that was cut off or altered is refused by restore.`

const restoreText = `Make a backup all that a node has stored: what differs is replaced, what is not in the
backup deleted. The node may run or not; one that runs follows at once, and keeps the
connections of what does not change; calls wait meanwhile. The data directory may be
empty, of another machine or of a newer version. Nothing is changed if the file is
damaged. A restore that was interrupted is finished by the next start.

Of a data directory that is damaged, the store is moved into a directory beside it,
damaged-TIME, and begun anew.

Access keys are those of the backup too. Start with ELBOW_ACCESS_KEY_ID and
ELBOW_ACCESS_KEY_SECRET in the environment to be let in with a further root key.`

func newBackupCommand() *cobra.Command {
	dir := defaultConfig().data
	cmd := &cobra.Command{
		Use:     "backup FILE",
		Short:   "Write all that a node has stored to a file",
		Long:    backupText,
		Example: "  elbow backup --data /var/lib/elbow elbow-$(date +%F).backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := takeBackup(cmd.Context(), dir)
			if err != nil {
				return err
			}
			h, documents, err := archive.Read(bytes.NewReader(content))
			if err != nil {
				return fmt.Errorf("the node's answer: %w", err)
			}
			if args[0] == "-" {
				_, err := cmd.OutOrStdout().Write(content)
				return err
			}
			if err := writeWhole(args[0], content); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d documents of revision %d, %d bytes, checked\n", args[0], len(documents), h.Revision, len(content))
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "data", dir, "the data directory of the node")
	return cmd
}

func newRestoreCommand() *cobra.Command {
	dir, yes := defaultConfig().data, false
	cmd := &cobra.Command{
		Use:     "restore FILE",
		Short:   "Make a backup all that a node has stored",
		Long:    restoreText,
		Example: "  elbow restore --data /var/lib/elbow elbow-2026-11-25.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			content, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			b, err := readBackup(content)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			question := fmt.Sprintf("Replace all that %s has by %d documents of %s? [y/N] ", dir, len(b.documents), b.Time.Local().Format("2006-01-02 15:04"))
			if !yes {
				if err := cli.Ask(cmd, question); err != nil {
					return err
				}
			}
			return putBackup(cmd, dir, &b)
		},
	}
	cmd.Flags().StringVar(&dir, "data", dir, "the data directory of the node")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// writeWhole writes a file that only its owner may read, and that is whole or not
// there, also after a power cut.
func writeWhole(path string, content []byte) error {
	part := path + ".part"
	f, err := regular.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part) // a disk that is full needs the room
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// takeBackup gets a backup from the node that runs on a data directory, or from
// the directory if none does.
func takeBackup(ctx context.Context, dir string) (content []byte, err error) {
	resp, err := overBackupSocket(ctx, dir, http.MethodGet, "backup", nil)
	if nobody(err) {
		if err := mustHaveStore(dir); err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err := atRest(ctx, dir, nil, func(int, int) {}, func(s *store.Store, key []byte) error {
			h, documents, err := dump(ctx, s, key)
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

// mustHaveStore refuses a directory that no node has started on, or restored into: it
// would be made, and its backup be one of nothing.
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

// nobody reports whether err says that no node runs on the directory.
func nobody(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// atRest opens the store of a node that does not run, finishes a restore that was
// interrupted, and uses it. before is as in embedded.Config.
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
	s, err := newStore(dir, member)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := finishRestore(ctx, dir, s, quiet, progress); err != nil {
		return err
	}
	return use(s, member.SealKey())
}

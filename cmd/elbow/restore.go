package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"github.com/spf13/cobra"

	"elbow/internal/cli"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// putBackup restores a backup into the node that runs on a data directory, or into
// the directory if none does, and shows how far it is.
func putBackup(cmd *cobra.Command, dir string, b *backup) error {
	show := cli.NewProgress(cmd.ErrOrStderr())
	resp, err := overBackupSocket(cmd.Context(), dir, http.MethodPost, "restore", b.content)
	if nobody(err) {
		return show.End(restoreAtRest(cmd, dir, b, show.Step))
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := refusal(resp); err != nil {
		return err
	}
	return show.End(follow(resp.Body, show.Step))
}

// restoreAtRest restores a backup into the directory of a node that does not run.
// A store that is damaged makes room for it.
func restoreAtRest(cmd *cobra.Command, dir string, b *backup, step func(made, of int)) error {
	restore := func() error {
		begin := func() error { return b.stage(dir) }
		return atRest(cmd.Context(), dir, begin, step, func(*store.Store, []byte) error { return nil })
	}
	err := restore()
	damage := new(embedded.DamageError)
	if !errors.As(err, &damage) {
		return err
	}
	aside, err := embedded.SetAside(dir)
	if err != nil {
		return fmt.Errorf("%s is damaged, and the store cannot be moved out of the way: %w", filepath.Join(damage.Dir, damage.File), err)
	}
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s is damaged: %v; the store is begun anew, the old one is in %s\n",
		filepath.Join(damage.Dir, damage.File), damage.Err, aside) // who asked sees what is there
	return restore()
}

// follow reads the answer to a restore to its end.
func follow(answer io.Reader, step func(made, of int)) error {
	lines := json.NewDecoder(answer)
	for {
		var r restored
		if err := lines.Decode(&r); err != nil {
			return fmt.Errorf("the node has broken off, and does not say how far it came: %w", err)
		}
		switch {
		case r.Error != "":
			return errors.New(r.Error)
		case r.Done:
			return nil
		}
		step(r.Made, r.Of)
	}
}

package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// Restore restores a backup into the node that runs on a data directory, or into
// the directory if none does. step is called with the progress, note with what
// was done with a damaged store.
func Restore(ctx context.Context, dir string, b *File, step func(made, of int), note func(text string)) error {
	resp, err := overBackupSocket(ctx, dir, http.MethodPost, "restore", b.content)
	if nobody(err) {
		return restoreAtRest(ctx, dir, b, step, note)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := refusal(resp); err != nil {
		return err
	}
	return follow(resp.Body, step)
}

// restoreAtRest restores a backup into the directory of a stopped node. A damaged
// store is set aside.
func restoreAtRest(ctx context.Context, dir string, b *File, step func(made, of int), note func(text string)) error {
	restore := func() error {
		begin := func() error { return b.Stage(dir) }
		return atRest(ctx, dir, begin, step, func(*store.Store, []byte) error { return nil })
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
	note(fmt.Sprintf("%s is damaged: %v; a new store is created, the old one is in %s",
		filepath.Join(damage.Dir, damage.File), damage.Err, aside))
	return restore()
}

// follow reads the answer to a restore to its end.
func follow(answer io.Reader, step func(made, of int)) error {
	lines := json.NewDecoder(answer)
	for {
		var r restored
		if err := lines.Decode(&r); err != nil {
			return fmt.Errorf("the node closed the connection during the restore, how much is restored is unknown: %w", err)
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

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"elbow/internal/archive"
	"elbow/internal/store"
)

// putBackup restores a backup into the node that runs on a data directory, or into
// the directory if none does, and shows how far it is.
func putBackup(cmd *cobra.Command, dir string, content []byte, h archive.Header, documents []archive.Document) error {
	show := newProgress(cmd.ErrOrStderr())
	resp, err := overBackupSocket(dir).Post("http://node/restore", "application/gzip", bytes.NewReader(content))
	if nobody(err) {
		err = atRest(cmd.Context(), dir, func(s *store.Store, _ []byte) error {
			return load(cmd.Context(), s, h, documents, show.step)
		})
		return show.end(err)
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := refusal(resp); err != nil {
		return err
	}
	return show.end(follow(resp.Body, show.step))
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

// A progress is a line that tells how far something is, on a terminal alone, and
// what has become of it.
type progress struct {
	out      io.Writer
	terminal bool
	made     int
}

func newProgress(out io.Writer) *progress { return &progress{out: out, terminal: isTerminal(out)} }

func (p *progress) step(made, of int) {
	p.made = made
	if p.terminal {
		const width = 30
		done := strings.Repeat("█", made*width/max(of, 1))
		_, _ = fmt.Fprintf(p.out, "%s%-30s %d of %d changes", clearLine, done, made, of)
	}
}

// end tells what was done, and returns err.
func (p *progress) end(err error) error {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
	if err == nil {
		_, _ = fmt.Fprintf(p.out, "restored: %s made\n", plural(p.made, "change"))
	}
	return err
}

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"elbow/internal/api"
	"elbow/internal/manifest"
)

// An Export holds the arguments of `elbow export`.
type Export struct {
	File         string // "" or -: standard output
	Certificates string // directory; "": certificates are not exported
}

// Run reads the configuration of the server and writes it.
func (o *Export) Run(cmd *cobra.Command, access *Access, names []string) error {
	client, err := access.Client()
	if err != nil {
		return err
	}
	call := Caller(client)
	state, err := manifest.Fetch(cmd.Context(), call, named(names))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if err := state.FetchResources(cmd.Context(), call); err != nil {
			return err
		}
	}
	if err := missing(names, state); err != nil {
		return err
	}
	noteShared(cmd.ErrOrStderr(), state)
	files, err := exportCertificates(cmd.Context(), call, state, o.Certificates, filepath.Dir(o.File))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := manifest.Write(&out, state, files); err != nil {
		return err
	}
	if o.File == "" || o.File == "-" {
		_, err = out.WriteTo(cmd.OutOrStdout())
		return err
	}
	return writeAnew(o.File, out.Bytes(), 0o644)
}

// named returns a function that reports whether a load balancer was asked for, by name or
// id; without names all are.
func named(names []string) func(name, id string) bool {
	if len(names) == 0 {
		return nil
	}
	return func(name, id string) bool { return slices.Contains(names, name) || slices.Contains(names, id) }
}

// missing returns an error with the names for which nothing was found.
func missing(names []string, state *manifest.State) error {
	for _, name := range names {
		if !slices.ContainsFunc(state.LoadBalancers, func(lb manifest.StoredLoadBalancer) bool { return lb.Name == name || lb.ID == name }) {
			return fmt.Errorf("the server has no load balancer named %q", name)
		}
	}
	return nil
}

// noteShared lists on standard error the load balancers that the file identifies by id,
// because their names are not unique.
func noteShared(w io.Writer, state *manifest.State) {
	for _, lb := range state.LoadBalancers {
		if lb.Shared {
			_, _ = fmt.Fprintf(w, "elbow: several load balancers are named %q: the file has this one as %s, so it can be applied to this server alone\n", lb.Name, lb.ID)
		}
	}
}

// exportCertificates writes the certificates that the load balancers use to dir, unless
// dir is "", and returns their paths relative to base.
func exportCertificates(ctx context.Context, call manifest.Caller, state *manifest.State, dir, base string) (map[string][2]string, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	files, taken := make(map[string][2]string), make(map[string]bool)
	for _, c := range state.Certificates {
		if !state.Uses(c.ID) {
			continue
		}
		body, err := call(ctx, api.CasVersion, "GetUserCertificateDetail", map[string]string{"CertId": c.ID})
		if err != nil {
			return nil, err
		}
		var pair struct{ Cert, Key string }
		if err := json.Unmarshal(body, &pair); err != nil {
			return nil, fmt.Errorf("answer of GetUserCertificateDetail: %w", err)
		}
		name := fileName(c.Name)
		if name == "" || taken[strings.ToLower(name)] { // as with a/b and a_b, or with Shop and shop where case does not count
			name = strings.TrimLeft(name+"-"+c.ID, "-")
		}
		taken[strings.ToLower(name)] = true
		path := filepath.Join(dir, name)
		if files[c.Name], err = writePair(path, base, pair.Cert, pair.Key); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// writePair writes a certificate and its key. Only the owner may read the key, even where
// it replaces a file with a wider mode.
func writePair(path, base, cert, key string) (paths [2]string, err error) {
	for i, one := range []struct {
		suffix, text string
		mode         os.FileMode
	}{{".pem", cert, 0o644}, {".key", key, 0o600}} {
		paths[i] = path + one.suffix
		if err := writeAnew(paths[i], []byte(one.text), one.mode); err != nil {
			return paths, err
		}
		if seen, err := filepath.Rel(base, paths[i]); err == nil {
			paths[i] = seen
		}
	}
	return paths, nil
}

// writeAnew writes a file completely or not at all: an existing file is replaced, with the
// given mode. A path that is not a regular file, as /dev/stdout, is written to directly.
func writeAnew(path string, text []byte, mode os.FileMode) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, mode)
	}
	fresh, err := os.CreateTemp(filepath.Dir(path), ".elbow-export-")
	if err != nil {
		return err
	}
	_, err = fresh.Write(text)
	err = errors.Join(err, fresh.Chmod(mode), fresh.Close())
	if err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh.Name()))
	}
	return nil
}

// fileName makes a file name from a name: characters that would lead out of the directory
// or need quoting in a shell become underscores.
func fileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) {
			return r
		}
		return '_'
	}, name)
	return strings.TrimLeft(safe, ".-") // neither a hidden file nor like a flag
}

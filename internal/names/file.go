package names

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"elbow/internal/regular"
)

// A record is a name in the file.
type record struct {
	Addresses []netip.Addr
	Resolved  time.Time // when they were the answer; at least when they first were
}

// Hold reads the file, if it has not been read, and keeps it current from now on.
// A file that cannot be read is as none.
func (r *Resolver) Hold() {
	if r == nil || r.config.File == "" {
		return
	}
	r.file.Lock()
	defer r.file.Unlock()
	r.holds = true
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved == nil {
		r.saved = r.read()
	}
}

// read is the content of the file.
func (r *Resolver) read() map[string]record {
	all := make(map[string]record)
	text, err := regular.ReadFile(r.config.File)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Warn("last addresses of names not read", "path", r.config.File, "err", err)
		return make(map[string]record)
	}
	return all
}

// Release writes the file a last time, until Hold: another process has it.
func (r *Resolver) Release() {
	if r == nil {
		return
	}
	r.save()
	r.file.Lock()
	defer r.file.Unlock()
	r.holds = false
}

// save writes the file, if this process holds it.
func (r *Resolver) save() {
	r.file.Lock()
	defer r.file.Unlock()
	if !r.holds {
		return
	}
	text, err := json.Marshal(r.records())
	if err == nil {
		err = replace(r.config.File, text)
	}
	if err != nil {
		r.log.Warn("last addresses of names not saved", "path", r.config.File, "err", err)
	}
}

// records are the watched names that have addresses.
func (r *Resolver) records() map[string]record {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]record, len(r.watched))
	for name, e := range r.watched {
		if len(e.addresses) > 0 {
			all[name] = record{e.addresses, e.resolved}
		}
	}
	return all
}

// replace writes a file so that a process that ends during the write leaves the old or
// the new content. It does not sync: what a power failure leaves may be neither, and read
// then ignores it.
func replace(path string, text []byte) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

package backup

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"elbow/internal/archive"
	"elbow/internal/handover"
	"elbow/internal/store"
)

// backupSocket is the socket in the data directory on which a running node takes
// and restores backups. They contain all secrets, so only the owner of the
// directory may use it.
const backupSocket = "backup.sock"

// A Server takes and restores backups of a store, on the socket in the data
// directory.
type Server struct {
	Version string // of the program
	Stored  *store.Store
	SealKey []byte

	// Restores receives the requested restores. The receiver must answer each
	// Order.
	Restores chan<- *Order
}

// Serve serves until stop is called, which aborts requests in flight.
func (s *Server) Serve(dir string) (stop func(), err error) {
	path := filepath.Join(dir, backupSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that died
		return nil, fmt.Errorf("backup socket: %w", err)
	}
	var l net.Listener
	err = handover.InDirectory(path, func(name string) (err error) {
		l, err = net.Listen("unix", name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("backup socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close() // no client has connected
		return nil, fmt.Errorf("backup socket: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", s.giveBackup)
	mux.HandleFunc("POST /restore", s.takeBackup)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { // ends with the server; the function below waits
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	return func() {
		_ = server.Close() // an unfinished backup lacks its end and is not accepted
		<-done
	}, nil
}

// giveBackup answers with a backup of the present state.
func (s *Server) giveBackup(w http.ResponseWriter, r *http.Request) {
	h, documents, err := dump(r.Context(), s.Version, s.Stored, s.SealKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_ = archive.Write(w, h, documents) // the client may be gone, and sees that the backup is incomplete
}

// A restored is a line of the answer to a restore: the progress, and at last the
// result.
type restored struct {
	Made  int    `json:"made"`
	Of    int    `json:"of"`
	Done  bool   `json:"done,omitempty"`
	Error string `json:"error,omitempty"`
}

// An Order is a requested restore.
type Order struct {
	File
	Progress func(made, of int)
	Done     chan error // capacity 1
}

// takeBackup restores a backup, after it was received and checked completely.
func (s *Server) takeBackup(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	var b File
	if err == nil {
		b, err = Read(content)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var last restored
	lines, out := json.NewEncoder(w), http.NewResponseController(w)
	order := &Order{File: b, Done: make(chan error, 1), Progress: func(made, of int) {
		last = restored{Made: made, Of: of}
		_ = lines.Encode(last) // the client may be gone
		_ = out.Flush()
	}}
	select {
	case s.Restores <- order:
	case <-r.Context().Done():
		return // the restore has not begun
	}
	// A client that disconnects after a restore has begun does not stop it.
	err = <-order.Done
	last.Done = err == nil
	if err != nil {
		last.Error = err.Error()
	}
	_ = lines.Encode(last)
}

// dump returns the content of a backup of a store.
func dump(ctx context.Context, version string, s *store.Store, sealKey []byte) (archive.Header, []archive.Document, error) {
	all, revision, err := s.Dump(ctx)
	h := archive.Header{Program: version, Time: time.Now().UTC(), Revision: revision, SealKey: hex.EncodeToString(sealKey)}
	documents := make([]archive.Document, len(all))
	for i, d := range all {
		documents[i] = archive.Document(d)
	}
	return h, documents, err
}

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

// backupSocket is where in the data directory a running node gives backups and
// takes them. They hold all secrets, so it is for the owner of the directory
// alone.
const backupSocket = "backup.sock"

// A Server gives backups of a store and takes them, on the socket in the data
// directory.
type Server struct {
	Version string // of the program
	Stored  *store.Store
	SealKey []byte

	// Restores takes what it is asked to restore. What is taken from it is answered.
	Restores chan<- *Order
}

// Serve serves until stop is called, which cuts what is under way.
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
		_ = l.Close() // nobody has come
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
		_ = server.Close() // a backup that is under way has no end then, and is none
		<-done
	}, nil
}

// giveBackup answers with a backup of now.
func (s *Server) giveBackup(w http.ResponseWriter, r *http.Request) {
	h, documents, err := dump(r.Context(), s.Version, s.Stored, s.SealKey)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	_ = archive.Write(w, h, documents) // whoever asked may be gone, and sees that it is cut off
}

// A restored is a line of the answer to a restore: how far it is, at last how it
// ended.
type restored struct {
	Made  int    `json:"made"`
	Of    int    `json:"of"`
	Done  bool   `json:"done,omitempty"`
	Error string `json:"error,omitempty"`
}

// An Order is a restore that the node has been asked for.
type Order struct {
	File
	Progress func(made, of int)
	Done     chan error // has room for one
}

// takeBackup makes the node what a backup says, once all of it has come and was
// found whole.
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
		_ = lines.Encode(last) // it may be gone
		_ = out.Flush()
	}}
	select {
	case s.Restores <- order:
	case <-r.Context().Done():
		return // nothing has begun
	}
	// Whoever has begun a restore and hangs up has not undone it.
	err = <-order.Done
	last.Done = err == nil
	if err != nil {
		last.Error = err.Error()
	}
	_ = lines.Encode(last)
}

// dump is what a backup of a store is made of.
func dump(ctx context.Context, version string, s *store.Store, sealKey []byte) (archive.Header, []archive.Document, error) {
	all, revision, err := s.Dump(ctx)
	h := archive.Header{Program: version, Time: time.Now().UTC(), Revision: revision, SealKey: hex.EncodeToString(sealKey)}
	documents := make([]archive.Document, len(all))
	for i, d := range all {
		documents[i] = archive.Document(d)
	}
	return h, documents, err
}

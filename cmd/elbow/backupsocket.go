package main

import (
	"bytes"
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

// serveBackups serves backups on the socket as long as the control plane is open.
func (p *controlPlane) serveBackups(dir string) error {
	path := filepath.Join(dir, backupSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that died
		return fmt.Errorf("backup socket: %w", err)
	}
	var l net.Listener
	err := handover.InDirectory(path, func(name string) (err error) {
		l, err = net.Listen("unix", name)
		return err
	})
	if err != nil {
		return fmt.Errorf("backup socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = l.Close() // nobody has come
		return fmt.Errorf("backup socket: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", p.giveBackup)
	mux.HandleFunc("POST /restore", p.takeBackup)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { // ends with the server; the function below waits
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	p.ends = append(p.ends, func() {
		_ = server.Close() // a backup that is under way has no end then, and is none
		<-done
	})
	return nil
}

// giveBackup answers with a backup of now.
func (p *controlPlane) giveBackup(w http.ResponseWriter, r *http.Request) {
	h, documents, err := dump(r.Context(), p.stored, p.member.SealKey())
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

// takeBackup makes the node what a backup says, once all of it has come and was
// found whole.
func (p *controlPlane) takeBackup(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	var b backup
	if err == nil {
		b, err = readBackup(content)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var last restored
	lines, out := json.NewEncoder(w), http.NewResponseController(w)
	order := &restoration{backup: b, done: make(chan error, 1), progress: func(made, of int) {
		last = restored{Made: made, Of: of}
		_ = lines.Encode(last) // it may be gone
		_ = out.Flush()
	}}
	select {
	case p.restores <- order:
	case <-r.Context().Done():
		return // nothing has begun
	}
	// Whoever has begun a restore and hangs up has not undone it.
	err = <-order.done
	last.Done = err == nil
	if err != nil {
		last.Error = err.Error()
	}
	_ = lines.Encode(last)
}

// dump is what a backup of a store is made of.
func dump(ctx context.Context, s *store.Store, sealKey []byte) (archive.Header, []archive.Document, error) {
	all, revision, err := s.Dump(ctx)
	h := archive.Header{Program: buildVersion(), Time: time.Now().UTC(), Revision: revision, SealKey: hex.EncodeToString(sealKey)}
	documents := make([]archive.Document, len(all))
	for i, d := range all {
		documents[i] = archive.Document(d)
	}
	return h, documents, err
}

// overBackupSocket asks the node that runs on a data directory.
func overBackupSocket(ctx context.Context, dir, method, what string, body []byte) (*http.Response, error) {
	path := filepath.Join(dir, backupSocket)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (c net.Conn, err error) {
		err = handover.InDirectory(path, func(name string) (err error) {
			c, err = new(net.Dialer).DialContext(ctx, "unix", name)
			return err
		})
		return c, err
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://node/"+what, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return client.Do(req)
}

// refusal is the error in an answer that is none.
func refusal(resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // it is quoted only
	return fmt.Errorf("the node answers: %s", text)
}

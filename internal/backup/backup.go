// Package backup takes backups of what a node has stored and restores them, over
// a socket of the running node or, if none runs on the data directory, in the
// directory itself. The file format is package archive's. It does not know how a
// node pauses for a restore. Start reading at Take, Restore and Server.
package backup

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"elbow/internal/archive"
	"elbow/internal/store"
)

// A File is a backup file, parsed and checked.
type File struct {
	archive.Header
	content   []byte // of the file
	documents []store.Document
	key       []byte // the key of its secrets
}

// Read parses a backup and ensures that a store will accept all of it.
func Read(content []byte) (b File, err error) {
	b.content = content
	h, documents, err := archive.Read(bytes.NewReader(content))
	if err != nil {
		return b, err
	}
	b.Header = h
	if b.key, err = hex.DecodeString(h.SealKey); err != nil {
		return b, fmt.Errorf("%w: its seal key is unreadable", archive.ErrDamaged)
	}
	b.documents = make([]store.Document, len(documents))
	for i, d := range documents {
		b.documents[i] = store.Document(d)
	}
	return b, store.CheckDocuments(b.documents, b.key)
}

// Count is the number of documents.
func (b *File) Count() int { return len(b.documents) }

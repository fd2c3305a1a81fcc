package main

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"elbow/internal/archive"
	"elbow/internal/store"
)

// A backup is a file of one, read and checked.
type backup struct {
	archive.Header
	content   []byte // of the file
	documents []store.Document
	key       []byte // that its secrets are sealed with
}

// readBackup reads a backup and makes sure that a store will take all of it.
func readBackup(content []byte) (b backup, err error) {
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

// count is how many documents there are in it.
func (b *backup) count() int { return len(b.documents) }

// Package archive is the file format of backups: a gzip stream of JSON lines, a
// Header, the documents, and a last line with their number and a checksum, so
// that a truncated or altered file is never taken for a backup. It does not
// interpret the documents. Start reading at Write.
package archive

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"
)

// format is the version of the format that this program writes, and the newest
// that it reads.
const format = 1

// maxLine bounds a line. A document is at most as long as one request of the
// store, 1.5 MiB, and JSON may double it.
const maxLine = 4 << 20

// A Header is the first line.
type Header struct {
	Format   int       `json:"elbow_backup"`
	Program  string    `json:"program"`  // version of the program that wrote it
	Time     time.Time `json:"time"`     // when it was written
	Revision int64     `json:"revision"` // of the store
	SealKey  string    `json:"seal_key"` // hexadecimal; the key of the secrets in the documents
}

// A Document is a line.
type Document struct {
	Key   string `json:"k"`
	Value string `json:"v"`
}

// An end is the last line.
type end struct {
	Documents int    `json:"documents"`
	SHA256    string `json:"sha256"` // of all lines before, hexadecimal
}

// Write writes a backup. It sets the format of the header.
func Write(w io.Writer, h Header, documents []Document) error {
	h.Format = format
	z := gzip.NewWriter(w)
	lines := &writer{out: bufio.NewWriter(z), sum: sha256.New()}
	lines.put(h)
	for _, d := range documents {
		lines.put(d)
	}
	lines.put(end{len(documents), hex.EncodeToString(lines.sum.Sum(nil))})
	return errors.Join(lines.err, lines.out.Flush(), z.Close())
}

// A writer writes lines and their checksum. The first error is kept.
type writer struct {
	out *bufio.Writer
	sum hash.Hash
	err error
}

func (w *writer) put(v any) {
	line, err := json.Marshal(v)
	if err == nil {
		line = append(line, '\n')
		w.sum.Write(line) // never fails
		_, err = w.out.Write(line)
	}
	w.err = errors.Join(w.err, err)
}

// ErrDamaged is wrapped by the error for a file that is no backup, or an
// incomplete one.
var ErrDamaged = errors.New("not a complete backup of elbow")

// Read reads a backup to its end and checks it. If it is damaged, nothing of it
// is returned.
func Read(r io.Reader) (Header, []Document, error) {
	h, documents, err := read(r)
	if err != nil {
		return Header{}, nil, err
	}
	return h, documents, nil
}

func read(r io.Reader) (h Header, documents []Document, err error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return h, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	sum := sha256.New()
	if !lines.Scan() {
		return h, nil, damaged(lines, "it is empty")
	}
	// A newer header may have more fields: its format must be checked first.
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Format < 1 {
		return h, nil, fmt.Errorf("%w: its first line is no header", ErrDamaged)
	}
	if h.Format > format {
		return h, nil, fmt.Errorf("the backup has format %d, made by elbow %s; this version reads up to %d", h.Format, h.Program, format)
	}
	line(sum, lines.Bytes())
	for lines.Scan() {
		var d Document
		if strict(lines.Bytes(), &d) == nil && d.Key != "" {
			line(sum, lines.Bytes())
			documents = append(documents, d)
			continue
		}
		return h, documents, checkEnd(lines, sum, len(documents))
	}
	return h, nil, damaged(lines, "it has no end")
}

// checkEnd checks the last line, which is the current one.
func checkEnd(lines *bufio.Scanner, sum hash.Hash, documents int) error {
	var e end
	switch {
	case strict(lines.Bytes(), &e) != nil:
		return fmt.Errorf("%w: line %d is unreadable", ErrDamaged, documents+2)
	case e.Documents != documents:
		return fmt.Errorf("%w: it has %d documents of %d", ErrDamaged, documents, e.Documents)
	case e.SHA256 != hex.EncodeToString(sum.Sum(nil)):
		return fmt.Errorf("%w: its checksum does not match", ErrDamaged)
	case lines.Scan():
		return fmt.Errorf("%w: more follows its end", ErrDamaged)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

func line(sum hash.Hash, b []byte) {
	sum.Write(b)
	sum.Write([]byte{'\n'})
}

// strict decodes a line with the fields of v and no others.
func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more follows")
	}
	return nil
}

func damaged(lines *bufio.Scanner, what string) error {
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return fmt.Errorf("%w: %s", ErrDamaged, what)
}

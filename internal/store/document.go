package store

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// documentVersion is the version of the document format that this program writes,
// and the newest that it reads. It must be raised when a field's meaning or name
// changes; a new field does not need it.
const documentVersion = 1

// A document is the value under a key. The fields of D are those of package elb,
// by their Go names: TestDocumentsKeepTheirForm fails if one is renamed.
type document[T any] struct {
	Version int    `json:"v"`
	D       T      `json:"d"`
	Sum     uint32 `json:"c,omitempty"` // see sumOf; 0: written by an older version
}

// A kind is one type of document.
type kind[T any] struct {
	name string // in error texts

	// secrets replaces each secret of a value by the result of each. Nil if the
	// kind has none.
	secrets func(v *T, each func(string) (string, error)) error
}

func encode[T any](s *sealer, k kind[T], key string, v T) (string, error) {
	if k.secrets != nil {
		seal := func(secret string) (string, error) { return s.seal(key, secret) }
		if err := k.secrets(&v, seal); err != nil {
			return "", fmt.Errorf("%s %s: %w", k.name, key, err)
		}
	}
	d, err := json.Marshal(v)
	var text []byte
	if err == nil {
		text, err = json.Marshal(document[json.RawMessage]{Version: documentVersion, D: d, Sum: sumOf(key, d)})
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", k.name, key, err)
	}
	return string(text), nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf is the checksum of a document: the database of etcd has none, and a bit
// flipped on disk may leave a document readable. It is never 0, and covers the
// key, so that a document under a wrong key is detected.
func sumOf(key string, d []byte) uint32 {
	sum := crc32.Update(crc32.Checksum([]byte(key), castagnoli), castagnoli, d)
	return max(sum, 1)
}

func decode[T any](s *sealer, k kind[T], key string, text []byte) (T, error) {
	var doc document[T]
	if err := json.Unmarshal(text, &doc); err != nil {
		return doc.D, fmt.Errorf("%s %s: %w", k.name, key, err)
	}
	if doc.Version < 1 || doc.Version > documentVersion {
		return doc.D, fmt.Errorf("%s %s: form %d is unknown; a newer version of elbow wrote it", k.name, key, doc.Version)
	}
	if k.secrets != nil {
		open := func(text string) (string, error) { return s.open(key, text) }
		if err := k.secrets(&doc.D, open); err != nil {
			return doc.D, fmt.Errorf("%s %s: %w", k.name, key, err)
		}
	}
	return doc.D, nil
}

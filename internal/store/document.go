package store

import (
	"encoding/json"
	"fmt"
)

// documentVersion is the form of the documents that this program writes, and
// the newest that it reads. It goes up when a field's meaning changes or its
// name; a new field does not need it.
const documentVersion = 1

// A document is what stands under a key. The fields of D are those of package
// elb, by their Go names: TestDocumentsKeepTheirForm fails if one is renamed.
type document[T any] struct {
	Version int `json:"v"`
	D       T   `json:"d"`
}

// A kind is one type of document.
type kind[T any] struct {
	name string // in error texts

	// secrets replaces each secret of a value by what each makes of it. Nil if
	// the kind has none.
	secrets func(v *T, each func(string) (string, error)) error
}

func encode[T any](s *sealer, k kind[T], key string, v T) (string, error) {
	if k.secrets != nil {
		seal := func(secret string) (string, error) { return s.seal(key, secret) }
		if err := k.secrets(&v, seal); err != nil {
			return "", fmt.Errorf("%s %s: %w", k.name, key, err)
		}
	}
	text, err := json.Marshal(document[T]{Version: documentVersion, D: v})
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", k.name, key, err)
	}
	return string(text), nil
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

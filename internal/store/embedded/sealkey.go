package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"elbow/internal/regular"
)

// sealKeyFile is the name of the seal key's file in the data directory.
const sealKeyFile = "seal.key"

// sealKeyBytes is the length of an AES-256 key.
const sealKeyBytes = 32

// sealKey reads the key that encrypts secrets from seal.key, 64 hex digits. For a
// fresh store it is generated and written first, so that secrets can be decrypted
// after a power failure.
func sealKey(dir string, fresh bool) ([]byte, error) {
	path := filepath.Join(dir, sealKeyFile)
	text, err := regular.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && fresh:
		return newSealKey(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, &DamageError{dir, sealKeyFile, errors.New("it is missing: without it the private keys and access key secrets " +
			"in the store cannot be read")}
	case errors.Is(err, regular.ErrNotRegular):
		return nil, &DamageError{dir, sealKeyFile, regular.ErrNotRegular}
	case err != nil:
		return nil, fmt.Errorf("seal key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != sealKeyBytes {
		return nil, &DamageError{dir, sealKeyFile, fmt.Errorf("want %d hexadecimal digits", 2*sealKeyBytes)}
	}
	return key, nil
}

func newSealKey(path string) ([]byte, error) {
	key := make([]byte, sealKeyBytes)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	if err := writeDurably(path, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return key, nil
}

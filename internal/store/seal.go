package store

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// errSealed is wrapped by the error for a secret that the seal key does not
// decrypt.
var errSealed = errors.New("the seal key does not open it")

// A sealer encrypts what must not be readable in a copy of the store, by
// AES-256-GCM with a random nonce (NIST SP 800-38D, 8.2.2: safe for 2^32 secrets
// under one key). The key of the document is authenticated with it, so that a
// secret moved to another document does not decrypt.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (*sealer, error) {
	if len(key) != 32 {
		return nil, fmt.Errorf("seal key of %d bytes, want 32", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return &sealer{aead}, nil
}

// seal returns base64 text; an empty secret gives an empty text.
func (s *sealer) seal(key, secret string) (string, error) {
	if secret == "" {
		return "", nil
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(secret), []byte(key))), nil
}

// open undoes seal.
func (s *sealer) open(key, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errSealed
	}
	secret, err := s.aead.Open(nil, nil, sealed, []byte(key))
	if err != nil {
		return "", errSealed
	}
	return string(secret), nil
}

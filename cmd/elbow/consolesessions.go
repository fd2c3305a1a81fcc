package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"elbow/internal/console"
)

// A sessionFile keeps the sessions of the console from the end of one process to
// the start of the next, sealed with a key of its own made from the store's. It
// is gone once it was read: after a crash people sign in again, and nobody who
// has signed out comes back.
type sessionFile struct {
	path string
	aead cipher.AEAD
}

func newSessionFile(dir string, sealKey []byte) (*sessionFile, error) {
	key, err := hkdf.Key(sha256.New, sealKey, nil, "sessions of the console", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sessionFile{filepath.Join(dir, "console-sessions"), aead}, err
}

// take reads the sessions and removes the file; nil if there are none.
func (f *sessionFile) take() ([]byte, error) {
	sealed, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = os.Remove(f.path)
	}
	if err != nil {
		return nil, err
	}
	text, err := f.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%s is not what this node has written: %w", f.path, err)
	}
	return text, nil
}

// write keeps the sessions for the next process.
func (f *sessionFile) write(text []byte) error {
	return writeWhole(f.path, f.aead.Seal(nil, nil, text, nil))
}

// openPages opens the console with the sessions of the process before, and has
// those that are open at its end kept for the next. Nil if there is to be none.
func (p *controlPlane) openPages(c config, parts consoleParts, log *slog.Logger) (*console.Console, error) {
	if !c.hasConsole() {
		return nil, nil
	}
	file, err := newSessionFile(c.data, p.member.SealKey())
	if err != nil {
		return nil, err
	}
	sessions, err := file.take()
	if err != nil {
		log.Warn("who was signed in to the console signs in again", "err", err)
	}
	pages, err := newConsole(c, parts, sessions, log)
	if err != nil {
		return nil, err
	}
	p.ends = append(p.ends, func() {
		pages.Close()
		if err := file.write(pages.Sessions()); err != nil {
			log.Warn("sessions of the console not kept", "err", err)
		}
	})
	return pages, nil
}

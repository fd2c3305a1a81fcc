package node

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

	"elbow/internal/backup"
	"elbow/internal/console"
	"elbow/internal/regular"
)

// A keptFile carries state of the console from one process to the next, sealed with a key
// derived from the store's. Reading removes the file: after a crash people have to sign in
// again, and no session that was signed out becomes valid again.
type keptFile struct {
	path string
	aead cipher.AEAD
}

// newSessionFile keeps the sessions, newChartFile the data of the charts.
func newSessionFile(dir string, sealKey []byte) (*keptFile, error) {
	return newKeptFile(filepath.Join(dir, "console-sessions"), "sessions of the console", sealKey)
}

func newChartFile(dir string, sealKey []byte) (*keptFile, error) {
	return newKeptFile(filepath.Join(dir, "console-charts"), "charts of the console", sealKey)
}

func newKeptFile(path, purpose string, sealKey []byte) (*keptFile, error) {
	key, err := hkdf.Key(sha256.New, sealKey, nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &keptFile{path, aead}, err
}

// take reads the content and removes the file; it returns nil if there is no file.
func (f *keptFile) take() ([]byte, error) {
	sealed, err := regular.ReadFile(f.path)
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

// write stores a content for the next process.
func (f *keptFile) write(text []byte) error {
	return backup.WriteWhole(f.path, f.aead.Seal(nil, nil, text, nil))
}

// openPages opens the console with the sessions and charts of the previous process, and
// registers that its own are kept when it ends. It returns nil if the console is off.
func (p *controlPlane) openPages(c Config, parts consoleParts, log *slog.Logger) (*console.Console, error) {
	if !c.hasConsole() {
		return nil, nil
	}
	sessions, err1 := newSessionFile(c.Data, p.member.SealKey())
	charts, err2 := newChartFile(c.Data, p.member.SealKey())
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var err error
	if parts.sessions, err = sessions.take(); err != nil {
		log.Warn("sessions of the console not restored, users have to sign in again", "err", err)
	}
	if parts.charts, err = charts.take(); err != nil {
		log.Warn("charts of the console not restored, they begin now", "err", err)
	}
	pages, err := newConsole(c, parts, log)
	if err != nil {
		return nil, err
	}
	p.atEnd(func() {
		pages.Close()
		if err := sessions.write(pages.Sessions()); err != nil {
			log.Warn("sessions of the console not kept", "err", err)
		}
		if text := pages.Charts(); text != nil {
			if err := charts.write(text); err != nil {
				log.Warn("charts of the console not kept", "err", err)
			}
		}
	})
	return pages, nil
}

package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// seedDatabase is a small database of bbolt, as bytes.
func seedDatabase(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("meta"))
		if err != nil {
			return err
		}
		return b.Put([]byte("consistent_index"), []byte{0, 0, 0, 0, 0, 0, 0, 7})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// examineFile examines a directory with one file in it: if there is an error, it
// must name the file.
func examineFile(t testing.TB, name string, content []byte) error {
	t.Helper()
	d := &directory{path: t.TempDir()}
	path := filepath.Join(d.path, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := d.examine(nil)
	if damage := new(DamageError); err != nil && !errors.As(err, &damage) {
		t.Errorf("got %v, want a DamageError", err)
	}
	return err
}

// A database that was cut off anywhere is refused, or empty.
func TestDatabaseTruncated(t *testing.T) {
	t.Parallel()
	content := seedDatabase(t)
	for n := 1; n < len(content); n += 61 {
		if err := examineFile(t, database, content[:n]); err == nil {
			t.Errorf("the first %d bytes of %d are taken for a database", n, len(content))
		}
	}
}

func FuzzDatabase(f *testing.F) {
	f.Add(seedDatabase(f))
	f.Fuzz(func(t *testing.T, content []byte) { _ = examineFile(t, database, content) }) // must not panic, nor return another error
}

func FuzzLog(f *testing.F) {
	dir := f.TempDir()
	m := open(f, Config{Dir: dir})
	if _, err := m.Client().Put(f.Context(), "a", "1"); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, firstLog))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content[:4096])
	f.Fuzz(func(t *testing.T, content []byte) { _ = examineFile(t, firstLog, content) }) // must not panic, nor return another error
}

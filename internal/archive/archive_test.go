package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	header    = Header{Program: "v1", Time: time.Date(2026, 3, 27, 1, 2, 3, 0, time.UTC), Revision: 42, SealKey: "00ff"}
	documents = []Document{{"/elbow/a", `{"v":1}`}, {"/elbow/b", "\x00\n\u2028<"}, {"/elbow/c", ""}}
)

func written(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, header, documents); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	h, got, err := Read(bytes.NewReader(written(t)))
	want := header
	want.Format = format
	if err != nil || h != want || !reflect.DeepEqual(got, documents) {
		t.Errorf("got %+v, %q, %v", h, got, err)
	}
}

// A backup cut off anywhere is refused, and so is one with any byte of the
// content changed.
func TestDamaged(t *testing.T) {
	whole := written(t)
	for n := range len(whole) {
		if _, got, err := Read(bytes.NewReader(whole[:n])); !errors.Is(err, ErrDamaged) || got != nil {
			t.Errorf("the first %d bytes: got %q, %v", n, got, err)
		}
	}
	text := unpacked(t, whole)
	for n := range len(text) {
		altered := bytes.Clone(text)
		altered[n] ^= 1
		if _, got, err := Read(bytes.NewReader(packed(altered))); err == nil {
			t.Errorf("byte %d of %q is another, and that was taken for %q", n, text, got)
		}
	}
	if _, _, err := Read(bytes.NewReader(packed(append(text, text...)))); !errors.Is(err, ErrDamaged) {
		t.Errorf("twice in one file: %v", err)
	}
	newer := strings.Replace(string(text), `"elbow_backup":1`, `"elbow_backup":2,"more":1`, 1)
	if _, _, err := Read(bytes.NewReader(packed([]byte(newer)))); err == nil || !strings.Contains(err.Error(), "format 2, made by elbow v1") {
		t.Errorf("a newer format: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(unpacked(f, written(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, got, err := Read(bytes.NewReader(packed(text)))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, h, got); err != nil {
			t.Fatal(err)
		}
		if _, more, err := Read(&again); err != nil || !reflect.DeepEqual(got, more) {
			t.Errorf("%q became %q (%v)", got, more, err)
		}
	})
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text) // to memory
	_ = z.Close()
	return b.Bytes()
}

func unpacked(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

package rpc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// kept opens the nonces in a file. Unexpected warnings fail the test.
func kept(t *testing.T, path string, expected bool, want ...string) *Nonces {
	t.Helper()
	n := NewNonces()
	var warnings []string
	n.Keep(path, expected, func(err error) { warnings = append(warnings, err.Error()) })
	t.Cleanup(n.Close)
	if len(warnings) != len(want) {
		t.Errorf("warnings %q, want %d", warnings, len(want))
	}
	for i, w := range want {
		if i < len(warnings) && !strings.Contains(warnings[i], w) {
			t.Errorf("warning %q, want %q", warnings[i], w)
		}
	}
	return n
}

func use(t *testing.T, n *Nonces, nonce, want string) {
	t.Helper()
	if got := code(n.Use("key", nonce, time.Now())); got != want {
		t.Errorf("nonce %s: got %q, want %q", nonce, got, want)
	}
}

// trusts reports whether calls signed an hour ago are accepted, as far as the
// nonces are concerned.
func trusts(n *Nonces) bool { return n.CheckTime(time.Now().Add(-time.Hour)) == nil }

// A nonce is refused after a restart, however the previous process ended.
func TestNoncesSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	first := kept(t, path, false)
	use(t, first, "1", "")
	killed := kept(t, path, true) // the first has written, and does not close the file
	use(t, killed, "1", "SignatureNonceUsed")
	use(t, killed, "2", "")
	killed.Close()
	last := kept(t, path, true)
	use(t, last, "1", "SignatureNonceUsed")
	use(t, last, "2", "SignatureNonceUsed")
	use(t, last, "3", "")
	for _, n := range []*Nonces{first, killed, last} {
		if !trusts(n) {
			t.Error("calls of before are refused, although nothing was lost")
		}
	}
}

// Where nonces may be missing, calls that were signed before are refused, and
// later ones are accepted.
func TestNoncesThatMayBeMissing(t *testing.T) {
	used := func(t *testing.T) (path string, content []byte) {
		path = filepath.Join(t.TempDir(), "nonces")
		n := kept(t, path, false)
		use(t, n, "1", "")
		use(t, n, "2", "")
		n.Close()
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, content
	}
	const mark = 5 // bytes of the end
	for name, tt := range map[string]struct {
		spoil func([]byte) []byte // nil: the file is removed
		want  string              // warning
	}{
		"no file":         {nil, "no such file"},
		"empty":           {func(b []byte) []byte { return nil }, "does not begin as a file of nonces"},
		"cut by a byte":   {func(b []byte) []byte { return b[:len(b)-1] }, "unexpected EOF"},
		"cut in a record": {func(b []byte) []byte { return b[:len(b)-mark-3] }, "unexpected EOF"},
		"a flipped byte":  {func(b []byte) []byte { b[len(b)-mark-10] ^= 1; return b }, "checksum of record 2"},
		"more at its end": {func(b []byte) []byte { return append(b, 0) }, "more follows"},
		"another boot, not closed": {func(b []byte) []byte {
			line, rest, _ := bytes.Cut(b[:len(b)-mark], []byte("\n"))
			return slices.Concat(line, []byte("-another\n"), rest)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path, content := used(t)
			if tt.spoil == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(path, tt.spoil(content), 0o600); err != nil {
				t.Fatal(err)
			}
			var want []string
			if tt.want != "" {
				want = append(want, tt.want)
			}
			began := time.Now().Truncate(time.Second)
			n := kept(t, path, true, want...)
			if tt.want != "" && n.CheckTime(began) == nil {
				t.Error("a call of the second in which the file was found so is taken: it may be a repeated one")
			}
			longAgo, now := time.Now().Add(-1000*time.Hour), time.Now()
			if n.CheckTime(longAgo) == nil {
				t.Error("a call that may be a repeated one is taken")
			}
			if err := n.CheckTime(now); err != nil {
				t.Errorf("a call of now: %v", err)
			}
			use(t, n, "3", "")
		})
	}
	path, content := used(t)
	line, rest, _ := bytes.Cut(content, []byte("\n"))
	if err := os.WriteFile(path, slices.Concat(line, []byte("-another\n"), rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := kept(t, path, true); !trusts(n) {
		t.Error("another boot, closed: nothing was lost, and calls of before are refused")
	}
	if n := kept(t, filepath.Join(t.TempDir(), "nonces"), false); !trusts(n) {
		t.Error("a first start refuses calls")
	}
}

// A file that could not be written for a while gets all nonces when it can.
func TestNonceFileRecovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	n := kept(t, path, false)
	use(t, n, "1", "")
	var warned int
	n.file.warn = func(error) { warned++ }
	_ = n.file.file.Close() // the next write fails
	use(t, n, "2", "")
	use(t, n, "3", "")
	if warned != 1 {
		t.Errorf("warned %d times", warned)
	}
	if err := n.Use("key", "4", time.Now().Add(nonceRetry)); err != nil {
		t.Fatal(err)
	}
	again := kept(t, path, true)
	for i := range 4 {
		use(t, again, fmt.Sprint(i+1), "SignatureNonceUsed")
	}
}

// Forgotten nonces are removed from the file, so that its size is bounded.
func TestNonceFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	n := kept(t, path, false)
	now := time.Now()
	key := strings.Repeat("k", 100)
	most := int64(0)
	for i := range 40_000 { // 5 MB in 40 times nonceLife
		if err := n.Use(key, fmt.Sprint(i), now.Add(time.Duration(i)*nonceLife/1000)); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 0 {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, info.Size())
		}
	}
	if most > 2*nonceSlack {
		t.Errorf("the file had %d bytes", most)
	}
}

// From a file cut off anywhere the complete records are read, and no others.
func TestParseNoncesTruncated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nonces")
	n := kept(t, path, false)
	for i := range 3 {
		use(t, n, fmt.Sprint(i), "")
	}
	n.Close()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole, clean, _, err := parseNonces(content)
	if err != nil || !clean || len(whole) != 3 {
		t.Fatalf("got %d, %v, %v", len(whole), clean, err)
	}
	for i := range content {
		part, clean, _, _ := parseNonces(content[:i])
		if clean {
			t.Errorf("the first %d bytes count as closed", i)
		}
		for j := range part {
			if !bytes.Equal(part[j].ID, whole[j].ID) {
				t.Errorf("of the first %d bytes: record %d is another one", i, j)
			}
		}
	}
}

func FuzzParseNonces(f *testing.F) {
	f.Add([]byte(nonceFileHead + "x\n"))
	f.Add(appendSum(append([]byte(nonceFileHead+"x\n"), 0)))
	f.Add(appendNonce([]byte(nonceFileHead+"x\n"), UsedNonce{ID: make([]byte, 16), AccessKeyID: "key"}))
	f.Fuzz(func(t *testing.T, content []byte) {
		all, _, _, err := parseNonces(content)
		again := []byte(nil)
		for _, u := range all {
			again = appendNonce(again, u)
		}
		if _, rest, _ := bytes.Cut(content, []byte("\n")); err == nil && !bytes.HasPrefix(rest, again) {
			t.Errorf("%q is read as %q", rest, again)
		}
	})
}

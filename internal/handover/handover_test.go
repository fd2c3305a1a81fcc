package handover

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbow/internal/leak"
	"elbow/internal/socket"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }

// older is a process that listens in the directory.
func older(t *testing.T, dir string) *Listener {
	t.Helper()
	l, err := Listen(dir, "old", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// dialed is the result of Dial.
type dialed struct {
	*Successor
	err error
}

func dialing(dir string) <-chan dialed {
	c := make(chan dialed, 1)
	go func() { // ends with Dial
		h, err := Dial(dir, "new")
		c <- dialed{h, err}
	}()
	return c
}

// files are n open files that contain their number.
func files(t *testing.T, n int) []*os.File {
	t.Helper()
	all := make([]*os.File, n)
	for i := range all {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if all[i], err = socket.Duplicate(l.(*net.TCPListener)); err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		t.Cleanup(func() { _ = all[i].Close() })
	}
	return all
}

func address(t *testing.T, f *os.File) string {
	t.Helper()
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Everything sent arrives in order, with more files than fit one batch.
func TestTakeover(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	l := older(t, dir)
	fs := files(t, filesAtOnce+3)
	s := State{
		API: &Server{"localhost:0", 0}, Tag: []byte{1, 2},
		Sockets:  []Socket{{"udp", netip.MustParseAddrPort("[fe80::1%lo]:443"), filesAtOnce, []Route{{[]byte{3, 4}, filesAtOnce + 1}}}},
		Verdicts: []Verdict{{"lb-1", 443, true, "i-1", 80, netip.MustParseAddrPort("127.0.0.1:80"), 2}},
		Nonces:   []Nonce{{[]byte("nonce"), "key", time.Unix(1, 2).UTC()}},
		Draining: []Process{{1, "older", []byte{5, 6}, filesAtOnce + 2}},
	}
	c := dialing(dir)
	r := <-l.Requests()
	if r.PID != os.Getpid() || r.Program != "new" {
		t.Errorf("got process %d, version %s", r.PID, r.Program)
	}
	given := make(chan error)
	go func() { // ends when the newer one is ready
		given <- r.Give(&s, sources(fs))
	}()
	h := <-c
	if h.err != nil {
		t.Fatal(h.err)
	}
	defer h.Close()
	if h.PID != os.Getpid() || h.Program != "old" || !reflect.DeepEqual(h.State, s) {
		t.Errorf("got process %d, version %s, %+v, want %+v", h.PID, h.Program, h.State, s)
	}
	for i, f := range fs {
		theirs := h.Take(i)
		if got, want := address(t, theirs), address(t, f); got != want {
			t.Errorf("file %d is %s, want %s", i, got, want)
		}
		_ = theirs.Close()
	}
	begun := make(chan error)
	go func() { // ends when the newer one may begin
		begun <- h.Ready()
	}()
	if err := <-given; err != nil {
		t.Fatal(err)
	}
	began := make(chan error)
	go func() { // ends when the newer one serves
		began <- r.Begin()
	}()
	if err := <-begun; err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { // ends when the older one is done
		served <- h.Serving()
	}()
	if err := <-began; err != nil {
		t.Fatal(err)
	}
	r.Done()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	life, err := h.Conn()
	if err != nil {
		t.Fatal(err)
	}
	defer life.Close()
	r.Close()
	if n, err := life.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the end of the older process: %d, %v", n, err)
	}
}

// The newer process is killed at each step: the older one notices, and accepts
// the next request.
func TestSuccessorDies(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	l := older(t, dir)
	for _, at := range []string{"asked", "built", "ready", "begun"} {
		conn, answer, err := dial(dir, Hello{Program: "new", Purpose: Takeover})
		if err != nil || answer.Program != "old" {
			t.Fatalf("%s: %v, %v", at, answer, err)
		}
		r := <-l.Requests()
		if at == "asked" {
			conn.close()
		}
		go func() { // ends with conn
			var s State
			got, err := conn.receive(&s)
			closeAll(got)
			if at != "built" && err == nil && conn.say(ready) == nil && at != "ready" {
				_ = conn.expect(begin)
			}
			conn.close()
		}()
		err = r.Give(new(State), sources(files(t, 2)))
		if at == "begun" || at == "ready" {
			if err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			err = r.Begin()
		}
		if err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("%s: got %v", at, err)
		}
	}
}

// The older process is killed at each step: the newer one continues without it.
func TestPredecessorDies(t *testing.T) {
	leak.Check(t)
	for _, at := range []string{"asked", "given", "ready", "serving"} {
		dir := t.TempDir()
		l := older(t, dir)
		c := dialing(dir)
		r := <-l.Requests()
		if at != "asked" {
			if err := r.send(new(State), nil); err != nil {
				t.Fatal(err)
			}
		}
		go func() { // ends with the request
			if at == "ready" || at == "serving" {
				_ = r.expect(ready)
			}
			if at == "serving" && r.say(begin) == nil {
				_ = r.expect(serving)
			}
			r.Close()
		}()
		h := <-c
		if at == "asked" {
			if h.err != ErrNobody {
				t.Errorf("asked: got %v", h.err)
			}
			continue
		}
		if err := errors.Join(h.err, h.Ready(), h.Serving()); err != nil {
			t.Errorf("%s: got %v", at, err)
		}
		h.Close()
	}
}

// An older process that gives up says so: the newer one must not continue.
func TestPredecessorGivesUp(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	l := older(t, dir)
	c := dialing(dir)
	r := <-l.Requests()
	if err := r.send(new(State), nil); err != nil {
		t.Fatal(err)
	}
	h := <-c
	if h.err != nil {
		t.Fatal(h.err)
	}
	defer h.Close()
	r.within(-time.Second)
	if err := r.fail(r.expect(ready)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
	if err := h.Ready(); err == nil {
		t.Error("the newer process goes on")
	}
}

// Invalid requests are refused with a reason.
func TestRefused(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	older(t, dir)
	for want, h := range map[string]Hello{
		"too old":         {Version: oldest - 1, Oldest: oldest - 1, Program: "v0", Purpose: Takeover},
		"too new":         {Version: version + 2, Oldest: version + 1, Program: "v9", Purpose: Takeover},
		"no such purpose": {Version: version, Oldest: oldest, Purpose: "chat"},
	} {
		conn, err := net.Dial("unix", filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		c := &channel{conn.(*net.UnixConn)}
		var a Answer
		if err := c.send(h, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.receive(&a); err != nil || !strings.Contains(a.Refused, want) {
			t.Errorf("%+v: got %+v, %v, want %q", h, a, err, want)
		}
		c.close()
	}
	first, _, err := dial(dir, Hello{Purpose: Takeover})
	if err != nil {
		t.Fatal(err)
	}
	defer first.close()
	if _, err := Dial(dir, "second"); err == nil || !strings.Contains(err.Error(), "in progress") {
		t.Errorf("a second takeover: got %v", err)
	}
}

// A directory on which no process listens, or no longer, gives ErrNobody. A path
// too long for a socket's address works like any other.
func TestNobody(t *testing.T) {
	leak.Check(t)
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 100))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Dial(dir, "new"); err != ErrNobody {
		t.Errorf("got %v", err)
	}
	for range 2 {
		l := older(t, dir)
		if stat, err := os.Stat(filepath.Join(dir, socketName)); err != nil || stat.Mode().Perm() != 0o600 {
			t.Errorf("got %v, %v", stat, err)
		}
		l.Close()
		if _, err := Dial(dir, "new"); err != ErrNobody {
			t.Errorf("got %v", err)
		}
	}
}

// A call is accepted from Calls with the address of its client.
func TestCall(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	l := older(t, dir)
	from := netip.MustParseAddrPort("192.0.2.7:1234")
	c, err := DialCall(dir, "older", from, true)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := l.Calls().Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if got.RemoteAddr().String() != from.String() || !Secure(got) {
		t.Errorf("got %v, %t", got.RemoteAddr(), Secure(got))
	}
	if _, err := io.WriteString(c, "hello"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(got, b); err != nil || string(b) != "hello" {
		t.Errorf("got %q, %v", b, err)
	}
	l.Close()
	if _, err := l.Calls().Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Malformed input ends in an error, every prefix of a message too, and leaves no
// file open.
func FuzzReceive(f *testing.F) {
	whole := []byte("\x00\x00\x00\x02\x00\x00\x00\x00{}")
	for n := range len(whole) + 1 {
		f.Add(whole[:n])
	}
	f.Add([]byte("\x00\x00\x00\x02\x00\x00\x00\x01\x00{}"))
	f.Add([]byte("\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return // more than a socket buffers without a reader
		}
		c, far := pair(t)
		if _, err := far.Write(b); err != nil {
			t.Fatal(err)
		}
		_ = far.Close()
		var s State
		got, err := c.receive(&s)
		if len(got) > 0 {
			t.Errorf("%x: %d files from nowhere", b, len(got))
		}
		if err == nil && len(b) < len(whole) {
			t.Errorf("accepted %x", b)
		}
	})
}

// pair is both ends of a connection.
func pair(t *testing.T) (*channel, *net.UnixConn) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: filepath.Join(t.TempDir(), "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr))
	if err != nil {
		t.Fatal(err)
	}
	near, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return &channel{near}, far
}

// sources opens copies of files.
func sources(files []*os.File) (all []Source) {
	for _, f := range files {
		all = append(all, func() (*os.File, error) { return socket.Duplicate(f) })
	}
	return all
}

// However many files are handed over, the older process has at most one batch of
// copies open at a time, and none at the end or after an error.
func TestFilesAreSentInBatches(t *testing.T) {
	leak.Check(t)
	for name, bad := range map[string]int{"all": -1, "one that cannot be opened": 2 * filesAtOnce} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := older(t, dir)
			c := dialing(dir)
			r := <-l.Requests()
			shared := files(t, 1)[0]
			var open, most int
			var copies []*os.File
			all := make([]Source, 3*filesAtOnce+1)
			for n := range all {
				all[n] = func() (*os.File, error) {
					if n == bad {
						return nil, syscall.EMFILE
					}
					open = 0
					for _, f := range copies {
						if raw, err := f.SyscallConn(); err == nil && raw.Control(func(uintptr) {}) == nil {
							open++
						}
					}
					most = max(most, open)
					f, err := socket.Duplicate(shared)
					copies = append(copies, f)
					return f, err
				}
			}
			given := make(chan error, 1)
			go func() { given <- r.Give(new(State), all) }() // ends when the newer one is ready, or gone
			h := <-c
			if bad >= 0 {
				if err := <-given; !errors.Is(err, syscall.EMFILE) {
					t.Errorf("got %v, want EMFILE", err)
				}
				if h.err == nil || !strings.Contains(h.err.Error(), "ulimit -n") {
					t.Errorf("the newer one is told %v", h.err)
				}
			} else {
				if h.err != nil {
					t.Fatal(h.err)
				}
				if len(h.files) != len(all) {
					t.Errorf("%d files came, want %d", len(h.files), len(all))
				}
				h.Close()
				<-given
			}
			if most >= filesAtOnce {
				t.Errorf("%d copies were open at once, want less than %d", most+1, filesAtOnce)
			}
			for _, f := range copies {
				if f.Close() == nil {
					t.Error("a copy is still open")
				}
			}
		})
	}
}

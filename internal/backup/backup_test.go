package backup

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"elbow/internal/archive"
	"elbow/internal/elb"
	"elbow/internal/store"
	"elbow/internal/store/embedded"
)

// A node is an open store with its backup socket.
type node struct {
	dir    string
	member *embedded.Member
	stored *store.Store
	orders chan *Order
	stop   func()
}

// openNode opens a directory as a node does.
func openNode(t *testing.T, dir string) *node {
	t.Helper()
	n := &node{dir: dir, orders: make(chan *Order)}
	var err error
	if n.member, err = embedded.Start(t.Context(), embedded.Config{Dir: dir, Document: store.VerifyDocument, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if n.stored, err = OpenStore(dir, n.member); err == nil {
		n.stop, err = (&Server{Version: "v0", Stored: n.stored, SealKey: n.member.SealKey(), Restores: n.orders}).Serve(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) close() {
	n.stop()
	n.stored.Close()
	n.member.Close()
}

// put stores a listener.
func (n *node) put(t *testing.T, port int) {
	t.Helper()
	err := n.stored.Update(t.Context(), func(tx *store.Tx) error {
		store.Listeners.Put(tx, elb.Listener{LoadBalancerID: "lb-1", Port: port})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, dir string) []byte {
	t.Helper()
	content, err := Take(t.Context(), dir, "v0")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func read(t *testing.T, content []byte) *File {
	t.Helper()
	b, err := Read(content)
	if err != nil {
		t.Fatal(err)
	}
	return &b
}

// aBackup is a backup of a node with one listener.
func aBackup(t *testing.T) *File {
	t.Helper()
	n := openNode(t, t.TempDir())
	defer n.close()
	n.put(t, 443)
	return read(t, take(t, n.dir))
}

func nobodyIsTold(t *testing.T) (step func(made, of int), note func(string)) {
	return func(int, int) {}, func(text string) { t.Errorf("noted: %s", text) }
}

// A backup is the same whether it is taken from the node or its directory.
func TestTake(t *testing.T) {
	n := openNode(t, t.TempDir())
	n.put(t, 443)
	running := read(t, take(t, n.dir))
	info, err := os.Stat(filepath.Join(n.dir, backupSocket))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v: it gives all secrets away", info.Mode(), err)
	}
	n.close()
	atRest := read(t, take(t, n.dir))
	if running.Count() == 0 || !reflect.DeepEqual(running.documents, atRest.documents) || running.SealKey != atRest.SealKey || running.Revision != atRest.Revision {
		t.Errorf("running %+v, at rest %+v", running, atRest)
	}
	if running.Program != "v0" || atRest.Program != "v0" {
		t.Errorf("by %q and %q", running.Program, atRest.Program)
	}
}

// A node that has the directory open and does not answer, such as one that is
// about to end, is an error; the directory is not opened.
func TestTakeOfANodeThatDoesNotAnswer(t *testing.T) {
	n := openNode(t, t.TempDir())
	defer n.close()
	n.stop()
	_, err := Take(t.Context(), n.dir, "v0")
	if !errors.Is(err, embedded.ErrInUse) || !strings.Contains(err.Error(), "does not answer at "+filepath.Join(n.dir, backupSocket)) {
		t.Errorf("got %v", err)
	}
}

// The socket of a process that died is replaced; a file that is no socket and
// cannot be removed is an error.
func TestServeAfterADeadProcess(t *testing.T) {
	n := openNode(t, t.TempDir())
	defer n.close()
	n.stop()
	path := filepath.Join(n.dir, backupSocket)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := &Server{Stored: n.stored, SealKey: n.member.SealKey(), Restores: n.orders}
	stop, err := server.Serve(n.dir)
	if err != nil {
		t.Fatal(err)
	}
	take(t, n.dir)
	stop()
	if err := os.MkdirAll(filepath.Join(path, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if stop, err := server.Serve(n.dir); err == nil || !strings.HasPrefix(err.Error(), "backup socket: ") {
		t.Errorf("got %v", err)
		stop()
	}
}

// A backup that is cut off anywhere is refused, and so is one in which a byte
// differs, except in the bytes of the gzip header that do not affect the content.
func TestReadRefuses(t *testing.T) {
	whole := aBackup(t)
	content := whole.content
	for n := range content {
		if _, err := Read(content[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken for a backup", n, len(content))
		}
		altered := bytes.Clone(content)
		altered[n] ^= 1
		if b, err := Read(altered); err == nil && (n > 9 || !reflect.DeepEqual(b.documents, whole.documents)) {
			t.Fatalf("byte %d altered: got %d documents", n, b.Count())
		}
	}
}

// The client of an order gets its progress and its result.
func TestRestoreOverTheSocket(t *testing.T) {
	b := aBackup(t)
	for name, tt := range map[string]struct {
		end  error
		want string // in the error; "": none
	}{
		"done":   {nil, ""},
		"failed": {errors.New("the disk is full"), "the disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			n := openNode(t, t.TempDir())
			defer n.close()
			go func() { // ends with the order
				order := <-n.orders
				order.Progress(1, 2)
				order.Progress(2, 2)
				order.Done <- tt.end
			}()
			var steps [][2]int
			_, note := nobodyIsTold(t)
			err := Restore(t.Context(), n.dir, b, func(made, of int) { steps = append(steps, [2]int{made, of}) }, note)
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !reflect.DeepEqual(steps, [][2]int{{1, 2}, {2, 2}}) {
				t.Errorf("the steps were %v", steps)
			}
		})
	}
}

// An invalid backup never becomes an order.
func TestServerRefusesWhatIsNoBackup(t *testing.T) {
	n := openNode(t, t.TempDir())
	defer n.close()
	b := aBackup(t)
	b.content = b.content[:len(b.content)-1]
	step, note := nobodyIsTold(t)
	err := Restore(t.Context(), n.dir, b, step, note)
	if err == nil || !strings.HasPrefix(err.Error(), "the node answers: ") {
		t.Errorf("got %v", err)
	}
}

// A client that disconnects before a restore has begun cancels it. Once it has
// begun it is completed, and nothing waits for the client.
func TestRestoreOfAClientThatGoesAway(t *testing.T) {
	b := aBackup(t)
	n := openNode(t, t.TempDir())
	defer n.close()
	step, note := nobodyIsTold(t)
	restore := func() (cancel func(), ended chan error) {
		ctx, cancel := context.WithCancel(t.Context())
		ended = make(chan error, 1)
		go func() { ended <- Restore(ctx, n.dir, b, step, note) }() // ends with ctx
		return cancel, ended
	}

	cancel, ended := restore()
	order := <-n.orders
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for i := range 1000 { // more than the socket buffers hold
		order.Progress(i, 1000)
	}
	order.Done <- nil

	cancel, ended = restore()
	cancel() // possibly before the node has all of it
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	n.stop() // ends the waiting requests: none of them is an order then
	select {
	case order := <-n.orders:
		t.Errorf("an order of %d documents by who has hung up", order.Count())
	default:
	}
	n.stop = func() {}
}

// When a node ends during a restore, the waiting client gets an error.
func TestNodeEndsDuringARestore(t *testing.T) {
	b := aBackup(t)
	n := openNode(t, t.TempDir())
	defer n.close()
	ended := make(chan error, 1)
	step := make(chan struct{}, 1)
	go func() { // ends when the server stops
		ended <- Restore(t.Context(), n.dir, b, func(int, int) { step <- struct{}{} }, func(string) {})
	}()
	order := <-n.orders
	order.Progress(1, 2)
	<-step
	n.stop()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "how much is restored is unknown") {
		t.Errorf("got %v", err)
	}
	order.Done <- errors.New("the node ends")
	n.stop = func() {}
}

// A restore into a directory on which no node runs replaces its content, whether
// it was empty or not.
func TestRestoreAtRest(t *testing.T) {
	b := aBackup(t)
	used := t.TempDir()
	n := openNode(t, used)
	n.put(t, 80)
	n.close()
	for name, dir := range map[string]string{"empty": t.TempDir(), "used": used, "absent": filepath.Join(t.TempDir(), "data")} {
		t.Run(name, func(t *testing.T) {
			step, note := nobodyIsTold(t)
			if err := Restore(t.Context(), dir, b, step, note); err != nil {
				t.Fatal(err)
			}
			if got := read(t, take(t, dir)); !reflect.DeepEqual(listeners(got), listeners(b)) {
				t.Errorf("got %v, want %v", listeners(got), listeners(b))
			}
			if open, err := Examine(dir); open || err != nil {
				t.Errorf("afterwards: %v, %v", open, err)
			}
		})
	}
}

// listeners are the documents of listeners: secrets are sealed again in each
// store.
func listeners(b *File) map[string]string {
	all := make(map[string]string)
	for _, d := range b.documents {
		if strings.Contains(d.Key, "listener") {
			all[d.Key] = string(d.Value)
		}
	}
	return all
}

// A staged restore is completed when the store is opened next, and until then the
// directory has the staged file.
func TestInterruptedRestore(t *testing.T) {
	b := aBackup(t)
	dir := t.TempDir()
	n := openNode(t, dir)
	n.put(t, 80)
	n.close()
	if err := b.Stage(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Examine(dir); err == nil || !strings.Contains(err.Error(), "a restore was interrupted; the next start finishes it") {
		t.Errorf("got %v", err)
	}
	if got := read(t, take(t, dir)); !reflect.DeepEqual(listeners(got), listeners(b)) {
		t.Errorf("got %v, want %v", listeners(got), listeners(b))
	}
	if _, err := os.Stat(filepath.Join(dir, restoringFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was staged is there still: %v", err)
	}
}

// A damaged staged backup is reported with its name and kept: neither the store
// nor the file changes.
func TestDamagedStagedBackup(t *testing.T) {
	b := aBackup(t)
	dir := t.TempDir()
	n := openNode(t, dir)
	n.put(t, 80)
	n.close()
	half := b.content[:len(b.content)/2]
	path := filepath.Join(dir, restoringFile)
	if err := os.WriteFile(path, half, 0o600); err != nil {
		t.Fatal(err)
	}
	_, taken := Take(t.Context(), dir, "v0")
	_, looked := Examine(dir)
	for _, err := range []error{taken, looked} {
		if damage, ok := errors.AsType[*embedded.DamageError](err); !ok || damage.File != restoringFile || !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("got %v", err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, half) {
		t.Errorf("the staged file has become %d bytes, %v", len(got), err)
	}
	// A restore of a complete backup resolves it.
	step, note := nobodyIsTold(t)
	if err := Restore(t.Context(), dir, b, step, note); err != nil {
		t.Fatal(err)
	}
	if got := read(t, take(t, dir)); !reflect.DeepEqual(listeners(got), listeners(b)) {
		t.Errorf("got %v, want %v", listeners(got), listeners(b))
	}
}

// A damaged store is set aside, which is reported, and the backup restored in its
// place.
func TestRestoreOverADamagedStore(t *testing.T) {
	b := aBackup(t)
	dir := t.TempDir()
	n := openNode(t, dir)
	n.put(t, 80)
	n.close()
	if err := os.Truncate(filepath.Join(dir, "etcd", "member", "snap", "db"), 5000); err != nil {
		t.Fatal(err)
	}
	var notes []string
	step, _ := nobodyIsTold(t)
	if err := Restore(t.Context(), dir, b, step, func(text string) { notes = append(notes, text) }); err != nil {
		t.Fatal(err)
	}
	aside, err := filepath.Glob(filepath.Join(dir, "damaged-*"))
	if err != nil || len(aside) != 1 || len(notes) != 1 || !strings.Contains(notes[0], "is damaged") || !strings.Contains(notes[0], aside[0]) {
		t.Errorf("noted %q, aside %v, %v", notes, aside, err)
	}
	if got := read(t, take(t, dir)); !reflect.DeepEqual(listeners(got), listeners(b)) {
		t.Errorf("got %v, want %v", listeners(got), listeners(b))
	}
}

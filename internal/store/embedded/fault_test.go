package embedded

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// A fatal error of etcd ends only the goroutine that met it: calls are refused
// with the cause, and the member can be closed.
func TestFault(t *testing.T) {
	t.Parallel()
	m := open(t, Config{Dir: t.TempDir()})
	cause := errors.New("disk on fire")
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- !returned }()
		m.fault.logger().Fatal("failed to save", zap.Error(cause))
		returned = true
	}()
	if !<-ended {
		t.Error("the goroutine went on")
	}
	if err := m.Health().Err; !errors.Is(err, cause) {
		t.Errorf("health: got %v, want %v", err, cause)
	}
	if _, err := m.Client().Put(t.Context(), "a", "1"); !errors.Is(err, cause) {
		t.Errorf("put: got %v, want %v", err, cause)
	}
	if _, err := m.Client().Get(t.Context(), "a"); !errors.Is(err, cause) {
		t.Errorf("get: got %v, want %v", err, cause)
	}
	// This etcd works, so it can be stopped here; Close does not stop it.
	m.server.Stop()
	m.Close()
}

// etcd's log lines keep their level and fields; below Warn they are dropped.
func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	f := newFault(slog.New(slog.NewTextHandler(&out, nil)))
	log := f.logger().With(zap.String("member", "m1"))
	log.Info("nobody needs to know")
	log.Error("failed to update storage version")
	log.Warn("slow", zap.Int("took", 7), zap.Error(context.DeadlineExceeded))
	log.Error("bad")
	want := []string{
		`level=WARN msg="etcd: slow" member=m1 error="context deadline exceeded" took=7`,
		`level=ERROR msg="etcd: bad" member=m1`,
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got %q", lines)
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, want[i]) {
			t.Errorf("got %q, want %q", line, want[i])
		}
	}
}

// A call that hangs in etcd when it fails returns with the cause.
func TestFaultEndsCallsThatHang(t *testing.T) {
	t.Parallel()
	m := open(t, Config{Dir: t.TempDir()})
	cause := errors.New("disk on fire")
	failed, fail := context.WithCancelCause(t.Context())
	kv := guard{KV: m.Client().KV, mayRead: func() error { return nil }, failed: failed}
	entered, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	ended := make(chan error)
	go func() {
		_, err := await(t.Context(), kv, false, func(context.Context) (int, error) {
			close(entered)
			<-never // whatever the context says
			return 0, nil
		})
		ended <- err
	}()
	<-entered
	fail(cause)
	if err := <-ended; !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}

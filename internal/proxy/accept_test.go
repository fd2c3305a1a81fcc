package proxy

import (
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"elbow/internal/leak"
)

// When it is out of file descriptors, the listener waits, and serves again once there are
// some. The limit applies to the process, so the test runs in a process of its own.
func TestOutOfDescriptors(t *testing.T) {
	leak.Check(t)
	if os.Getenv("ELBOW_TEST_DESCRIPTORS") == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestOutOfDescriptors$", "-test.v")
		child.Env = append(os.Environ(), "ELBOW_TEST_DESCRIPTORS=1")
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	said := newLines()
	r := newRig(t, []string{origin(t, hello)}, plain, func(o *Options, _ *Config) {
		o.Log = slog.New(slog.NewTextHandler(said, nil))
	})
	first := r.dial().send(get)
	first.want(200, "hello")
	c := r.dial() // opens the descriptor that the connection needs here
	c.send(get).want(200, "hello")

	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	late, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(late) }) // nothing was sent
	none := before
	none.Cur = uint64(late) + 1
	for fd := range late { // use the descriptors that become free below
		if _, _, e := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0); e == syscall.EBADF {
			if err := syscall.Dup2(late, fd); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Close(fd) })
		}
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	addr := r.lis.Addr()
	if err := syscall.Connect(late, &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}); err != nil {
		t.Fatal(err)
	}
	<-said.more                    // Accept has failed
	c.send(get).want(200, "hello") // open connections are served
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	r.dial().send(get).want(200, "hello")
}

package connlimit

import (
	"sync/atomic"
	"testing"

	"elbow/internal/leak"
)

// There is a break for each connection, and for each 16 KiB or so that an untrusted
// client sends, but for nothing that a trusted client does.
func TestBreaksOfUntrustedClients(t *testing.T) {
	leak.Check(t)
	var breaks atomic.Int64
	l := serve(t, Limits{Conns: 10, Pending: 10 << 20, Break: func() { breaks.Add(1) }}, false)
	c := dial(t, l, "127.0.0.1")
	if err := c.ask("", 0); err != nil {
		t.Fatal(err)
	}
	if n := breaks.Load(); n != 1 {
		t.Errorf("%d breaks for a connection with one request, want 1", n)
	}
	const body = 1 << 20
	if err := c.ask("", body); err != nil {
		t.Fatal(err)
	}
	// A read may bring as much as the buffer of who reads has.
	if n := breaks.Load() - 1; n < body/(64<<10) || n > body/breakBytes+1 {
		t.Errorf("%d breaks in %d bytes", n, body)
	}
	if err := c.ask("Key: x\r\n", 0); err != nil {
		t.Fatal(err)
	}
	before := breaks.Load()
	if err := c.ask("", body); err != nil {
		t.Fatal(err)
	}
	if n := breaks.Load() - before; n > 1 { // one may be due for what came before
		t.Errorf("%d breaks for a trusted client", n)
	}
}

package upstream

import (
	"math/rand/v2"
	"testing"
	"time"

	"elbow/internal/leak"
)

// Cut ends exactly the connections in use: in whatever order connections were
// taken and returned, their list is right.
func TestCutClosesWhatIsOut(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	var out, back, ended []*Conn
	for range 12 {
		out = append(out, get(t, p))
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	for _, c := range out[:4] {
		p.Put(c)
		back = append(back, c)
	}
	for _, c := range out[4:8] {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		ended = append(ended, c)
	}
	out = append(out[8:], get(t, p)) // one that is taken again
	back = back[:3]
	p.Cut()
	for _, c := range out {
		if isOpen(c) {
			t.Error("a connection that was out is still open")
		}
		p.Put(c) // its owner has not noticed
	}
	for _, c := range back {
		if !isOpen(c) {
			t.Error("an idle connection was closed")
		}
	}
	if p.inUse != nil {
		t.Errorf("%d connections closed, %d idle, and one is still listed as out", len(ended), p.Idle())
	}
}

// Cut ends a read that waits, and refuses new connections.
func TestCutEndsARead(t *testing.T) {
	leak.Check(t)
	b := newBackend(t)
	p := b.pool(t, Options{})
	c := get(t, p)
	c.ReadBy(0)
	read := make(chan error)
	go func() { // ends with Cut
		_, err := c.Read(make([]byte, 1))
		read <- err
	}()
	p.Cut()
	if err := <-read; err == nil {
		t.Error("the read went on")
	}
	if _, err := p.Get(time.Time{}); err != errCut {
		t.Errorf("a new connection after Cut: got %v", err)
	}
}

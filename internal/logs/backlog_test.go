package logs

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pipe is a writer that blocks until it is released, and fails if it is told
// to.
type pipe struct {
	text    bytes.Buffer
	standby chan struct{} // nil: it accepts everything
	err     error
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.standby != nil {
		<-p.standby
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.text.Write(b)
}

func dropped(n int) []byte { return fmt.Appendf(nil, "%d dropped\n", n) }

func TestBacklogPassesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipe
		b := newBacklog(&p, dropped)
		for i := range 1000 {
			fmt.Fprintf(b, "line %d\n", i)
		}
		b.close()
		if got := p.text.String(); strings.Count(got, "\n") != 1000 || !strings.HasPrefix(got, "line 0\nline 1\n") || !strings.HasSuffix(got, "line 999\n") {
			t.Errorf("got %.200q", got)
		}
		fmt.Fprintln(b, "after the end") // dropped, and does no harm
	})
}

// A reader that stalls costs lines and no time, and gets the number of lost lines
// when it continues.
func TestBacklogOfAStalledReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe{standby: make(chan struct{})}
		b := newBacklog(&p, dropped)
		line := strings.Repeat("x", 1023) + "\n"
		const lines = 4 * backlogBytes / 1024
		began := time.Now()
		for range lines {
			if n, err := b.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatalf("Write: %d, %v", n, err)
			}
		}
		synctest.Wait() // the first piece is in the write
		if waited := time.Since(began); waited != 0 {
			t.Errorf("writers have waited %s", waited)
		}
		if room := len(b.pending); room > backlogBytes {
			t.Errorf("%d bytes wait, want %d at most", room, backlogBytes)
		}
		close(p.standby)
		synctest.Wait()
		fmt.Fprintln(b, "the next line")
		b.close()
		got := p.text.String()
		passed, told := strings.Count(got, line), 0
		if at := strings.Index(got, " dropped\n"); at > 0 {
			_, _ = fmt.Sscan(got[strings.LastIndexByte(got[:at], '\n')+1:at], &told)
		}
		if passed+told != lines || told == 0 || !strings.HasSuffix(got, "the next line\n") {
			t.Errorf("%d of %d lines were passed on and %d told as dropped; the end is %q", passed, lines, told, got[max(0, len(got)-60):])
		}
	})
}

// A reader that is gone, as of a broken pipe, costs only lines; one that comes
// back gets their number.
func TestBacklogOfALostReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe{err: errors.New("broken pipe")}
		b := newBacklog(&p, dropped)
		for i := range 3 {
			fmt.Fprintln(b, "lost", i)
			synctest.Wait()
		}
		p.err = nil
		fmt.Fprintln(b, "here")
		synctest.Wait()
		b.close()
		if got := p.text.String(); got != "here\n3 dropped\n" {
			t.Errorf("got %q", got)
		}
	})
}

// The end of a process does not wait for a reader forever.
func TestBacklogEndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipe{standby: make(chan struct{})}
		b := newBacklog(&p, dropped)
		fmt.Fprintln(b, "a line")
		synctest.Wait()
		began := time.Now()
		b.close()
		if waited := time.Since(began); waited != flushTime {
			t.Errorf("close waited %s, want %s", waited, flushTime)
		}
		close(p.standby)
	})
}

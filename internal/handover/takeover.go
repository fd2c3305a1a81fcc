package handover

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// builtWithin is how long the newer process may take from State to Serving.
// Starting its store alone may take a minute.
const builtWithin = 90 * time.Second

// stateWithin is how long the older one may take from Answer to State: it
// completes calls in flight and stops its store.
const stateWithin = 60 * time.Second

// abort is the older process's message that it continues itself.
const abort step = "abort"

// A Request is the older process's side of a handover. A method that fails has
// closed it, and nothing was handed over.
type Request struct {
	PID     int // 0: unknown
	Program string

	*channel
	listener *Listener
}

// Give sends the state and returns when the newer process has built everything
// from it.
func (r *Request) Give(s *State, files []Source) error {
	r.within(builtWithin)
	if err := r.send(s, files); err != nil {
		return r.fail(err)
	}
	return r.fail(r.expect(ready))
}

// Refuse says why nothing is handed over.
func (r *Request) Refuse(why error) {
	r.within(helloTimeout)
	_ = r.send(&State{Refused: why.Error()}, nil) // the newer process may be gone
	r.Close()
}

// Begin lets the newer process accept connections, and returns when it does. From
// then on it is the one that serves.
func (r *Request) Begin() error {
	if err := r.say(begin); err != nil {
		return r.fail(err)
	}
	return r.fail(r.expect(serving))
}

// Done says that this process accepts nothing any more. The connection stays open
// until Close, or the end of the process, which the newer process watches for.
func (r *Request) Done() { _ = r.say(done) } // if it is gone, it is too late to react

// Close ends the connection and admits the next request.
func (r *Request) Close() {
	r.close()
	r.listener.busy.Store(false)
}

// fail closes r if there is an error.
func (r *Request) fail(err error) error {
	if err == nil {
		return nil
	}
	r.within(helloTimeout) // the deadline of the step may have passed
	_ = r.say(abort)       // the newer process may be gone
	r.Close()
	if gone(err) == ErrNobody {
		return errors.New("the new process has ended")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the new process takes too long")
	}
	return err
}

// A Successor is the newer process's side of a handover: this process, taking
// over from its predecessor.
type Successor struct {
	State
	Program string // version of the predecessor
	PID     int    // of the predecessor; 0: unknown

	*channel
	files []*os.File
}

// Dial asks the process on the data directory to hand over, and returns once it
// has closed the directory. If there is none, or it dies meanwhile, the error is
// ErrNobody.
func Dial(dir, program string) (*Successor, error) {
	c, answer, err := dial(dir, Hello{Program: program, Purpose: Takeover})
	if err != nil {
		return nil, err
	}
	h := &Successor{channel: c, Program: answer.Program}
	h.PID, _ = peer(c.conn) // dial has checked it already
	h.within(stateWithin)
	h.files, err = c.receive(&h.State)
	switch {
	case err == nil && h.Refused != "":
		err = fmt.Errorf("the running process refuses: %s", h.Refused)
	case err == nil:
		err = h.check()
	}
	if err != nil {
		h.Close()
		return nil, gone(err)
	}
	h.within(builtWithin)
	return h, nil
}

// check ensures that the files which the state names are there.
func (h *Successor) check() error {
	named := func(n int) bool { return n >= 0 && n < len(h.files) }
	ok := true
	for _, s := range []*Server{h.API, h.Admin} {
		ok = ok && (s == nil || named(s.File))
	}
	for _, s := range h.Sockets {
		ok = ok && named(s.File) && !slices.ContainsFunc(s.Routes, func(r Route) bool { return !named(r.File) })
	}
	ok = ok && !slices.ContainsFunc(h.Draining, func(p Process) bool { return !named(p.File) })
	if !ok {
		return fmt.Errorf("%w: a file that is not there", errMessage)
	}
	return nil
}

// Take returns a file of the state. The caller must close it.
func (h *Successor) Take(n int) *os.File {
	f := h.files[n]
	h.files[n] = nil
	return f
}

// Ready reports to the predecessor that everything is built, and returns when
// this process may accept connections. It is no error if the predecessor has
// died.
func (h *Successor) Ready() error { return h.next(ready, begin) }

// Serving reports to the predecessor that this process accepts connections, and
// returns when the predecessor has stopped.
func (h *Successor) Serving() error { return h.next(serving, done) }

func (h *Successor) next(say, want step) error {
	err := h.say(say)
	if err == nil || gone(err) == ErrNobody { // if it has given up, it has said so before
		err = h.expect(want)
	}
	if gone(err) == ErrNobody {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the running process gave up the takeover and continues: %w", err)
	}
	return nil
}

// Conn returns the connection to the predecessor, which ends when that does. The
// caller must close it.
func (h *Successor) Conn() (*os.File, error) {
	f, err := h.conn.File()
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Close closes the files that were not taken and the connection. The predecessor
// continues unless Serving was called.
func (h *Successor) Close() {
	for i, f := range h.files {
		if f != nil {
			_ = f.Close() // it was not needed
			h.files[i] = nil
		}
	}
	h.close()
}

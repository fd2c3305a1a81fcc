package handover

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// builtWithin is how long the newer process may take from State to Serving. Its
// store alone may take a minute to start.
const builtWithin = 90 * time.Second

// stateWithin is how long the older one may take from Answer to State: it lets
// calls under way end and stops its store.
const stateWithin = 60 * time.Second

// abort is what the older process says when it goes on itself.
const abort step = "abort"

// A Request is a newer process as the older one sees it. A method that fails has
// closed it, and nothing has changed hands.
type Request struct {
	PID     int // 0: unknown
	Program string

	*channel
	listener *Listener
}

// Give hands the state over and returns when the newer process has built
// everything from it.
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
	_ = r.send(&State{Refused: why.Error()}, nil) // it may be gone
	r.Close()
}

// Begin lets the newer process take what comes, and returns when it does. From
// then on it is the one that serves.
func (r *Request) Begin() error {
	if err := r.say(begin); err != nil {
		return r.fail(err)
	}
	return r.fail(r.expect(serving))
}

// Done tells the newer process that this one takes nothing any more. The
// connection stays open until Close, or the end of the process: the other one
// looks at it.
func (r *Request) Done() { _ = r.say(done) } // if it is gone, it is too late to do anything about it

// Close ends the connection and lets the next request in.
func (r *Request) Close() {
	r.close()
	r.listener.busy.Store(false)
}

// fail closes r if there is an error.
func (r *Request) fail(err error) error {
	if err == nil {
		return nil
	}
	r.within(helloTimeout) // the time for the step may be over
	_ = r.say(abort)       // it may be gone
	r.Close()
	if gone(err) == ErrNobody {
		return errors.New("the new process has ended")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the new process takes too long")
	}
	return err
}

// An Heir is this process on its way to the place of an older one.
type Heir struct {
	State
	Program string // version of the older process
	PID     int    // of it; 0: unknown

	*channel
	files []*os.File
}

// Dial asks the process that runs on the data directory for its place, and
// returns once that one has let go of the directory. If there is none, or it dies
// meanwhile, the error is ErrNobody.
func Dial(dir, program string) (*Heir, error) {
	c, answer, err := dial(dir, Hello{Program: program, Purpose: Takeover})
	if err != nil {
		return nil, err
	}
	h := &Heir{channel: c, Program: answer.Program}
	h.PID, _ = peer(c.conn) // it was asked before
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

// check makes sure that the files which the state names are there.
func (h *Heir) check() error {
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

// Take is a file of the state. It becomes the caller's.
func (h *Heir) Take(n int) *os.File {
	f := h.files[n]
	h.files[n] = nil
	return f
}

// Ready tells the older process that everything is built, and returns when this
// one may take what comes. That the other one has died is no error.
func (h *Heir) Ready() error { return h.next(ready, begin) }

// Serving tells the older process that this one takes what comes, and returns
// when it is the only one that does.
func (h *Heir) Serving() error { return h.next(serving, done) }

func (h *Heir) next(say, want step) error {
	err := h.say(say)
	if err == nil || gone(err) == ErrNobody { // if it has given up, it has said so before
		err = h.expect(want)
	}
	if gone(err) == ErrNobody {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the running process goes on itself: %w", err)
	}
	return nil
}

// Conn is the connection to the older process, which ends with it. It becomes
// the caller's.
func (h *Heir) Conn() (*os.File, error) {
	f, err := h.conn.File()
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Close lets go of what was not taken and of the older process, which goes on
// itself unless it was told that this one serves.
func (h *Heir) Close() {
	for i, f := range h.files {
		if f != nil {
			_ = f.Close() // it was not needed
			h.files[i] = nil
		}
	}
	h.close()
}

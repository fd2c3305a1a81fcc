package proxy

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strings"

	"elbow/internal/http1"
	"elbow/internal/http2"
	"elbow/internal/socket"
)

// A WebSocket over HTTP/2 (RFC 8441) is a stream opened by an extended CONNECT.
// The backend gets the GET with Upgrade of RFC 6455 instead, with the key that
// HTTP/2 does without, and what it says to that is checked here, where the
// client cannot.

const (
	nameKey    = "Sec-WebSocket-Key"
	nameAccept = "Sec-WebSocket-Accept"
)

var errAccept = errors.New("wrong Sec-WebSocket-Accept")

// addKey adds the key to the request in place of one that the client has sent,
// which would mean nothing.
func (s *h2Stream) addKey() {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	base64.StdEncoding.Encode(s.key[:], nonce[:])
	r := &s.x.req
	for i := range r.Fields {
		if isNamed(&r.Fields[i], nameKey) {
			r.Fields[i].Hop = true
		}
	}
	r.Fields = append(r.Fields, http1.Field{Name: []byte(nameKey), Value: s.key[:]})
}

// isNamed reports whether f has this name, whatever its case.
func isNamed(f *http1.Field, name string) bool {
	return len(f.Name) == len(name) && strings.EqualFold(string(f.Name), name)
}

// accepts reports whether value is the answer to key (RFC 6455, 4.2.2).
func accepts(key, value []byte) bool {
	sum := sha1.Sum(append(key[:len(key):len(key)], "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	return base64.StdEncoding.EncodeToString(sum[:]) == string(value)
}

// switched turns a 101 into the 200 that CONNECT is answered with.
func (s *h2Stream) switched() *Fault {
	x := s.x
	accepted := false
	for i := range x.resp.Fields {
		if f := &x.resp.Fields[i]; isNamed(f, nameAccept) {
			accepted = accepts(s.key[:], f.Value)
			f.Hop = true
		}
	}
	if !accepted {
		return &Fault{Side: Upstream, Op: OpReceive, Status: 502, Err: errAccept}
	}
	x.out = http2.AppendStatus(x.out[:0], 200)
	x.out, _ = x.appendFields(x.out)
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	f := s.sendBlock(x.out, false)
	x.out = x.out[:0]
	return f
}

func (s *h2Stream) carry(p []byte) *Fault {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return s.sendData(p, false, OpTunnel)
}

func (s *h2Stream) closeWrite() *Fault {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return s.sendData(nil, true, OpTunnel)
}

func (s *h2Stream) carryUp(t *tunnel) *Fault {
	for {
		err := s.awaitTunnel(t)
		if err == nil {
			err = s.carryOnce(t)
			if err != nil {
				return &Fault{Side: Upstream, Op: OpTunnel, Err: err}
			}
			continue
		}
		if f, again := t.ended(Client, err); !again {
			return f
		}
	}
}

// awaitTunnel waits for something to carry, io.EOF if there will be nothing.
func (s *h2Stream) awaitTunnel(t *tunnel) error {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for {
		switch {
		case s.cancelled.Load():
			return errLeft
		case s.stopped:
			return socket.ErrInterrupted
		case s.body.n > 0:
			return nil
		case s.ended:
			return io.EOF
		case !s.in.wait(&s.h.mu, t.due().Sub(socket.Now())):
			return os.ErrDeadlineExceeded
		}
	}
}

// carryOnce carries what there is.
func (s *h2Stream) carryOnce(t *tunnel) error {
	b := takeBuffer()
	defer b.release()
	h := s.h
	h.mu.Lock()
	n := s.body.take(b.b[:])
	h.mu.Unlock()
	err := t.send(b.b[:n])
	h.mu.Lock()
	h.drained(s, n)
	h.mu.Unlock()
	return err
}

package proxy

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/quic-go/quic-go"
)

// Sessions are the keys that protect the state which clients keep for their next
// connection. Processes with the same keys, successive or concurrent, accept each
// other's. Listeners that must not share sessions have different keys.
type Sessions struct {
	// Tickets are the keys of session tickets: the first encrypts new ones, all of them
	// decrypt. Without any, crypto/tls generates keys that are valid only as long as the
	// listener exists.
	Tickets [][32]byte

	// Token is the key of the tokens with which a QUIC client validates its address (RFC
	// 9000, 8.1.3).
	Token [32]byte

	// Reset is the key of stateless resets, which inform a QUIC client at once that its
	// connection was lost with the process that served it (RFC 9000, 10.3). A process that
	// answers packets for the same address and port with the same key must know of all
	// connections there, or it resets those of the others.
	Reset [32]byte
}

// follow sets the keys of s, if there are any, on a TLS configuration.
func (s *Sessions) follow(t *tls.Config) {
	if s != nil && len(s.Tickets) > 0 {
		t.SetSessionTicketKeys(s.Tickets)
	}
}

// protect sets the keys of a QUIC transport, which keeps them until it is closed.
// Without keys the transport generates a token key and sends no resets.
func (s *Sessions) protect(t *quic.Transport) {
	if s != nil {
		t.TokenGeneratorKey = (*quic.TokenGeneratorKey)(&s.Token)
		t.StatelessResetKey = (*quic.StatelessResetKey)(&s.Reset)
	}
}

// resetKey returns the key of stateless resets; nil: there is none.
func (s *Sessions) resetKey() *[32]byte {
	if s == nil {
		return nil
	}
	return &s.Reset
}

// sealTickets makes all copies of t encrypt tickets with the keys of t, and accept a
// ticket only for the server name that it was issued for: a certificate for one name
// proves nothing about another (RFC 6066, 3; crypto/tls does not check it). guard
// decides which tickets open 0-RTT.
func sealTickets(t *tls.Config, guard *replayGuard) {
	t.WrapSession = func(c tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
		s.Extra = append(s.Extra, nameExtra(c))
		if s.EarlyData {
			s.Extra = append(s.Extra, appendMade([]byte(madePrefix), time.Now()))
		}
		return t.EncryptTicket(c, s)
	}
	t.UnwrapSession = func(ticket []byte, c tls.ConnectionState) (*tls.SessionState, error) {
		s, err := t.DecryptTicket(ticket, c)
		if err != nil || s == nil {
			return nil, err
		}
		if !slices.ContainsFunc(s.Extra, func(extra []byte) bool { return bytes.Equal(extra, nameExtra(c)) }) {
			return nil, nil // a full handshake
		}
		s.EarlyData = s.EarlyData && guard.first(ticket, madeAt(s), time.Now())
		return s, nil
	}
}

// nameExtra encodes the server name that the client asked for, for the Extra field of
// the session, which quic-go also uses.
func nameExtra(c tls.ConnectionState) []byte {
	return append([]byte("elbow name "), strings.ToLower(c.ServerName)...)
}

// madePrefix begins the entry with the creation time of a session, in milliseconds of
// Unix time.
const madePrefix = "elbow made "

func appendMade(b []byte, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(at.UnixMilli()))
}

// madeAt returns when s was created; the zero time if it is not recorded, as in
// sessions of older versions.
func madeAt(s *tls.SessionState) time.Time {
	for _, extra := range s.Extra {
		if at, ok := bytes.CutPrefix(extra, []byte(madePrefix)); ok && len(at) == 8 {
			return time.UnixMilli(int64(binary.BigEndian.Uint64(at)))
		}
	}
	return time.Time{}
}

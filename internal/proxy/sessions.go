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

// Sessions are the keys to what clients keep of a connection for the next one.
// Processes that have the same keys, one after the other or side by side, accept
// each other's. Listeners that must not share sessions have different ones.
type Sessions struct {
	// Tickets are for session tickets: the first seals new ones, all of them open
	// those that clients come back with. Without any, crypto/tls makes keys that
	// last no longer than the listener.
	Tickets [][32]byte

	// Token is for the tokens by which a QUIC client proves that it was at its
	// address before (RFC 9000, 8.1.3).
	Token [32]byte

	// Reset is for stateless resets, which tell a QUIC client at once that its
	// connection is gone with the process that had it (RFC 9000, 10.3). Whoever
	// answers packets for the same address and port with the same key must know
	// of all connections there, or it ends those of the others.
	Reset [32]byte
}

// follow gives a TLS side the keys of s, if there are any.
func (s *Sessions) follow(t *tls.Config) {
	if s != nil && len(s.Tickets) > 0 {
		t.SetSessionTicketKeys(s.Tickets)
	}
}

// protect sets the keys of a QUIC side, which has them to its end. Without any it
// draws a key for tokens itself and sends no resets.
func (s *Sessions) protect(t *quic.Transport) {
	if s != nil {
		t.TokenGeneratorKey = (*quic.TokenGeneratorKey)(&s.Token)
		t.StatelessResetKey = (*quic.StatelessResetKey)(&s.Reset)
	}
}

// resetKey is the key for stateless resets; nil: there is none.
func (s *Sessions) resetKey() *[32]byte {
	if s == nil {
		return nil
	}
	return &s.Reset
}

// sealTickets has tickets be sealed with the keys of t, wherever a copy of t is
// used, and accepted for no other name than the one they were given for: a
// certificate for one name proves nothing about another (RFC 6066, 3;
// crypto/tls itself does not look). guard settles which of them open 0-RTT.
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

// nameExtra is how a session holds the name that the client asked for, among
// what quic-go puts there.
func nameExtra(c tls.ConnectionState) []byte {
	return append([]byte("elbow name "), strings.ToLower(c.ServerName)...)
}

// madePrefix begins what tells when a session was made, in milliseconds of Unix time.
const madePrefix = "elbow made "

func appendMade(b []byte, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(at.UnixMilli()))
}

// madeAt is when s was made; 0001 if it does not say, as those of older versions do
// not.
func madeAt(s *tls.SessionState) time.Time {
	for _, extra := range s.Extra {
		if at, ok := bytes.CutPrefix(extra, []byte(madePrefix)); ok && len(at) == 8 {
			return time.UnixMilli(int64(binary.BigEndian.Uint64(at)))
		}
	}
	return time.Time{}
}

package datagram

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"net"
	"net/netip"
	"time"

	"github.com/quic-go/quic-go/qlog"
	"github.com/quic-go/quic-go/qlogwriter"
	"golang.org/x/net/ipv4"

	"elbow/internal/socket"
)

// A resetter answers packets of unknown QUIC connections with a stateless reset
// (RFC 9000, 10.3) where quic-go does not: quic-go ignores packets of up to 42
// bytes. A client sends such a packet when it only checks whether the server is still
// there: a PING, as for keep-alive (RFC 9000, 10.1.2).
//
// A reset is one byte shorter than the packet that it answers, so that two ends
// which reset each other stop, and nothing is amplified.
//
// It is used by the goroutine that reads the packets. quic-go reports an unknown
// connection id by an event for each packet that it drops, with the packet's
// length alone, before it reads again. So a packet belongs to an unknown
// connection if there were as many events for its length as packets.
type resetter struct {
	mac hash.Hash // nil: there is no key, so no resets are sent
	tag Tag

	small   []smallPacket
	dropped [maxSmallPacket + 1]int // events for small packets, by length

	since socket.Instant // start of the second in which resets are counted
	sent  int
}

// A smallPacket is a packet that quic-go does not answer.
type smallPacket struct {
	length int
	id     [quicIDLen]byte
	own    bool // the connection id is of this process
	from   netip.AddrPort
}

const (
	maxSmallPacket = 42
	minReset       = 5 + resetTokenLen // RFC 9000, 10.3
	resetTokenLen  = 16
)

// resetsPerSecond bounds the resets of a port. They take 3 µs each; a client that
// gets none asks again.
const resetsPerSecond = 4096

// newResetter returns a resetter with the key; nil: no key.
func newResetter(key *[32]byte, tag Tag) *resetter {
	r := &resetter{tag: tag}
	if key != nil {
		r.mac = hmac.New(sha256.New, key[:])
	}
	return r
}

// read inspects packets before quic-go gets them. quic-go knows no ids of another
// process, and that process is gone, or the packets would have been passed on.
func (r *resetter) read(c *net.UDPConn, ms []ipv4.Message) {
	if r.mac == nil {
		return
	}
	for i := range ms {
		b := ms[i].Buffers[0][:ms[i].N]
		if len(b) < 1+quicIDLen || len(b) > maxSmallPacket || b[0]&0xc0 != 0x40 {
			continue // RFC 9000, 17.3.1
		}
		p := smallPacket{length: len(b), from: socket.AddrPort(ms[i].Addr)}
		copy(p.id[:], b[1:])
		tag, ok := tagOf(b)
		p.own = ok && tag == r.tag
		if ok && !p.own {
			r.reset(c, &p)
		}
		r.small = append(r.small, p)
	}
}

// settle sends resets for the last packets read that quic-go did not know.
func (r *resetter) settle(c *net.UDPConn) {
	if len(r.small) == 0 {
		return
	}
	var there [maxSmallPacket + 1]int
	for i := range r.small {
		there[r.small[i].length]++
	}
	for i := range r.small {
		if p := &r.small[i]; p.own && r.dropped[p.length] == there[p.length] {
			r.reset(c, p)
		}
	}
	r.small = r.small[:0]
	clear(r.dropped[:])
}

// reset sends a reset in answer to p, if the rate allows it.
func (r *resetter) reset(c *net.UDPConn, p *smallPacket) {
	n := p.length - 1
	if n < minReset || !r.allows() {
		return
	}
	r.mac.Reset()
	_, _ = r.mac.Write(p.id[:]) // never fails
	token := r.mac.Sum(nil)[:resetTokenLen]
	b := make([]byte, n)
	_, _ = rand.Read(b[:n-resetTokenLen]) // never fails
	b[0] = b[0]&0x3f | 0x40
	copy(b[n-resetTokenLen:], token)
	_, _ = c.WriteToUDPAddrPort(b, p.from) // lost, as any packet may be
}

// allows reports whether the rate allows a reset, and counts it.
func (r *resetter) allows() bool {
	if now := socket.Now(); now.Sub(r.since) >= time.Second {
		r.since, r.sent = now, 0
	}
	if r.sent >= resetsPerSecond {
		return false
	}
	r.sent++
	return true
}

// RecordEvent is called by quic-go for each packet that it drops.
func (r *resetter) RecordEvent(e qlogwriter.Event) {
	d, ok := e.(qlog.PacketDropped)
	if ok && d.Trigger == qlog.PacketDropUnknownConnectionID && d.Header.PacketType == qlog.PacketType1RTT &&
		d.Raw.Length <= maxSmallPacket {
		r.dropped[d.Raw.Length]++
	}
}

// Close implements qlogwriter.Recorder.
func (r *resetter) Close() error { return nil }

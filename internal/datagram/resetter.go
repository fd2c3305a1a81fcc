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

// A resetter answers packets of QUIC connections that nobody has any more with a
// stateless reset (RFC 9000, 10.3), where quic-go does not: it leaves out packets of
// up to 42 bytes, which is what a client sends that only asks whether we are there.
//
// A reset is smaller than the packet that it answers, by one byte, so that two ends
// which reset each other come to an end, and nothing is amplified.
//
// It is used by the goroutine that reads the packets. What quic-go knows of their
// connection ids it tells by an event for each packet that it drops, with its length
// alone, before it reads again. So a packet is one of an unknown connection if there
// were as many events for its length as packets.
type resetter struct {
	mac hash.Hash // nil: there is no key, so there are no resets
	tag Tag

	small   []smallPacket
	dropped [maxSmallPacket + 1]int // of small, by length

	since socket.Instant // resets are counted since then
	sent  int
}

// A smallPacket is one that quic-go does not answer.
type smallPacket struct {
	length int
	id     [quicIDLen]byte
	own    bool // the id is of this process
	from   netip.AddrPort
}

const (
	maxSmallPacket = 42
	minReset       = 5 + resetTokenLen // RFC 9000, 10.3
	resetTokenLen  = 16
)

// resetsPerSecond bounds the resets of a port. They take 3 µs each; who is not told
// asks again.
const resetsPerSecond = 4096

// newResetter returns one with the key, if there is one.
func newResetter(key *[32]byte, tag Tag) *resetter {
	r := &resetter{tag: tag}
	if key != nil {
		r.mac = hmac.New(sha256.New, key[:])
	}
	return r
}

// read looks at packets before quic-go has them. Ids of another process are not
// known to quic-go, and that process is gone, or they would have been passed on.
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

// settle resets what quic-go did not know of the packets read last.
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

// reset sends a reset in answer to p, if one is allowed.
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

// allows counts a reset, if it is one of those that there may be.
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

// RecordEvent is told by quic-go what it drops.
func (r *resetter) RecordEvent(e qlogwriter.Event) {
	d, ok := e.(qlog.PacketDropped)
	if ok && d.Trigger == qlog.PacketDropUnknownConnectionID && d.Header.PacketType == qlog.PacketType1RTT &&
		d.Raw.Length <= maxSmallPacket {
		r.dropped[d.Raw.Length]++
	}
}

// Close implements qlogwriter.Recorder.
func (r *resetter) Close() error { return nil }

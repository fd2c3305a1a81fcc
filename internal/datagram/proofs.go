package datagram

import (
	"net/netip"
	"sync"

	"golang.org/x/net/ipv4"

	"elbow/internal/socket"
)

// Proofs records the addresses that valid Initial packets came from. A connection
// begins with one such packet, so each allows one connection. The goroutine that
// reads the packets adds proofs, the one that begins connections uses them.
//
// Some are never used: those of packets that are retransmitted, or answered with
// a Retry. So the oldest ones are forgotten.
type Proofs struct {
	opener initialOpener // owned by the reader

	mu     sync.Mutex
	ofAddr map[netip.AddrPort]proofs  // guarded by mu; those in ring
	ring   [proofsRoom]netip.AddrPort // guarded by mu; an entry for each proof
	next   int                        // guarded by mu; the oldest entry
}

// proofs counts the proofs of an address. The oldest are used first.
type proofs struct{ left, used int }

// proofsRoom is twice the number of packets that quic-go queues, 1,024, so that
// no proof of those is forgotten.
const proofsRoom = 2048

// read records the valid Initial packets in ms.
func (p *Proofs) read(ms []ipv4.Message) {
	for i := range ms {
		if p.opener.opens(ms[i].Buffers[0][:ms[i].N]) {
			p.add(socket.AddrPort(ms[i].Addr))
		}
	}
}

func (p *Proofs) add(from netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ofAddr == nil {
		p.ofAddr = make(map[netip.AddrPort]proofs)
	}
	p.forget(p.ring[p.next])
	p.ring[p.next] = from
	p.next = (p.next + 1) % len(p.ring)
	a := p.ofAddr[from]
	a.left++
	p.ofAddr[from] = a
}

// forget forgets the oldest proof of an address. Called with mu locked.
func (p *Proofs) forget(from netip.AddrPort) {
	a, there := p.ofAddr[from]
	switch {
	case !there: // the ring is not full yet
		return
	case a.used > 0:
		a.used--
	default:
		a.left--
	}
	if a == (proofs{}) {
		delete(p.ofAddr, from)
	} else {
		p.ofAddr[from] = a
	}
}

// Take uses one proof and reports whether there was one.
func (p *Proofs) Take(from netip.AddrPort) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.ofAddr[from]
	if a.left == 0 {
		return false
	}
	p.ofAddr[from] = proofs{a.left - 1, a.used + 1}
	return true
}

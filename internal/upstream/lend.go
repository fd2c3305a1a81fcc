package upstream

// Cut closes the connections in use, whatever their owners are doing with them, and
// refuses new ones with an error: it is the end of the time that Close leaves them.
func (p *Pool) Cut() {
	p.mu.Lock()
	p.cut = true
	var out []*Conn
	for c := p.inUse; c != nil; c = c.next {
		out = append(out, c)
	}
	p.mu.Unlock()
	closeAll(out)
	p.h2.cut()
}

// isCut reports whether Cut was called.
func (p *Pool) isCut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cut
}

// lend puts c into the list of connections in use. The list is linked through the
// connections themselves, so that a request costs two pointers and no allocation.
// p.mu is held.
func (p *Pool) lend(c *Conn) {
	c.out, c.next = true, p.inUse
	if p.inUse != nil {
		p.inUse.prev = c
	}
	p.inUse = c
}

// unlend removes c from the list, if it is there. p.mu is held.
func (p *Pool) unlend(c *Conn) {
	if !c.out {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.inUse = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.out, c.next, c.prev = false, nil, nil
}

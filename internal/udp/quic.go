package udp

// QUIC identifies connections by ids that the receiver of a packet has chosen (RFC
// 9000, 5.1). The length of the destination id is encoded in a long header (RFC 8999,
// 5.1), but not in a short one (5.2): only the endpoint that chose the id knows it.
// The first id of a client is its own choice; all others of its connection are chosen
// by the server, and are learned from the source ids of long headers.

// maxID is the maximum length of an id in version 1.
const maxID = 20

// An id is a connection id of at most maxID bytes, preceded by its length.
type id [1 + maxID]byte

func idOf(b []byte) (of id) {
	of[0] = byte(len(b))
	copy(of[1:], b)
	return of
}

// isLong reports whether a datagram begins with a packet with a long header.
func isLong(b []byte) bool { return len(b) > 6 && b[0]&0x80 != 0 }

// isShort reports whether a datagram may begin with a packet with a short header.
func isShort(b []byte) bool { return len(b) > 20 && b[0]&0xc0 == 0x40 }

// destination returns the destination id of a datagram with a long header, nil for
// other datagrams.
func destination(b []byte) []byte {
	if !isLong(b) {
		return nil
	}
	n := int(b[5])
	if n > maxID || len(b) < 6+n {
		return nil
	}
	return b[6 : 6+n]
}

// source returns the source id of a datagram with a long header, nil if it has none.
func source(b []byte) []byte {
	to := destination(b)
	if to == nil {
		return nil
	}
	at := 6 + len(to)
	if len(b) <= at || int(b[at]) > maxID || len(b) < at+1+int(b[at]) {
		return nil
	}
	return b[at+1 : at+1+int(b[at])]
}

// hashable returns the part of a session's first datagram that a scheduler hashes as
// its connection id. For a short header that is the maximum length: iqch hashes bytes
// 2 to 4, which servers may choose to be the same in every id of a connection.
func hashable(b []byte) []byte {
	switch {
	case isLong(b):
		return destination(b)
	case isShort(b):
		return b[1:5]
	}
	return nil
}

// A learner maps the connection ids that servers have chosen to sessions.
type learner[S comparable] struct {
	of      map[id]S
	lengths uint32 // bit n is set if there are ids of n bytes
}

// learn records an id chosen by the server of a session, and reports whether it did.
func (l *learner[S]) learn(b []byte, s S) (id, bool) {
	from := source(b)
	if len(from) < minLearned {
		return id{}, false
	}
	if l.of == nil {
		l.of = make(map[id]S)
	}
	name := idOf(from)
	l.of[name] = s
	l.lengths |= 1 << len(from)
	return name, true
}

// minLearned is the minimum length of a learned id: shorter ones would match unrelated
// packets too often.
const minLearned = 4

// find returns the session whose server has chosen the destination id of a datagram
// with a short header.
func (l *learner[S]) find(b []byte) (s S, name id, ok bool) {
	if !isShort(b) {
		return s, name, false
	}
	for n := maxID; n >= minLearned; n-- {
		if l.lengths&(1<<n) == 0 {
			continue
		}
		name = idOf(b[1 : 1+n])
		if s, ok = l.of[name]; ok {
			return s, name, true
		}
	}
	return s, name, false
}

// forget removes an id if it still belongs to s.
func (l *learner[S]) forget(name id, s S) {
	if l.of[name] == s {
		delete(l.of, name)
	}
}

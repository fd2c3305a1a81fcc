package http3

// A Control follows a client's control stream (RFC 9114, 6.2.1). What the client
// says there is checked and left: nothing is pushed, no dynamic table is used,
// and priorities are not looked at. The zero value is at the start of a stream,
// behind its type.
type Control struct {
	settled bool   // SETTINGS have been read
	pushID  uint64 // the client's MAX_PUSH_ID plus 1; 0: none
	goneTo  uint64 // the id of its last GOAWAY plus 1; 0: none
	skip    uint64 // bytes of an unknown frame still to come
}

// Next takes what it can off src, which holds what was read after the bytes
// consumed so far, and returns how many bytes that is. A frame with a meaning is
// taken whole; none is longer than ControlBytes.
func (c *Control) Next(src []byte) (n int, err error) {
	for {
		here := min(uint64(len(src)-n), c.skip)
		n += int(here)
		if c.skip -= here; c.skip > 0 {
			return n, nil
		}
		t, length, m := nextFrame(src[n:])
		if m == 0 {
			return n, nil
		}
		whole, err := c.enter(t, length)
		if err != nil {
			return n, err
		}
		if !whole {
			n += m
			c.skip = length
			continue
		}
		if uint64(len(src)-n-m) < length {
			return n, nil
		}
		n += m
		if err := c.read(t, src[n:n+int(length)]); err != nil {
			return n, err
		}
		n += int(length)
	}
}

// ControlBytes is how much of a control stream has to be kept at most for Next
// to get on.
const ControlBytes = maxFrameHeader + maxControlFrame

// enter tells whether a frame may come, and whether it has to be there as a
// whole.
func (c *Control) enter(t FrameType, length uint64) (whole bool, err error) {
	switch {
	case !c.settled && t != Settings:
		return false, ErrNoSettings
	case t == Settings && c.settled, t == Data, t == Headers, t == PushPromise, t.fromHTTP2():
		return false, ErrUnexpected
	case t != Settings && t != CancelPush && t != GoAway && t != MaxPushID:
		return false, nil
	case length > maxControlFrame:
		return false, ErrControlLength
	}
	return true, nil
}

// read reads the payload of a frame.
func (c *Control) read(t FrameType, payload []byte) error {
	if t == Settings {
		c.settled = true
		return checkSettings(payload)
	}
	id, n := readVarint(payload)
	if n == 0 || n != len(payload) {
		return ErrFrame
	}
	switch t {
	case CancelPush: // nothing has been pushed
		return ErrPushID
	case MaxPushID:
		if id+1 < c.pushID {
			return ErrPushID
		}
		c.pushID = id + 1
	case GoAway:
		if c.goneTo != 0 && id+1 > c.goneTo {
			return ErrGoAwayID
		}
		c.goneTo = id + 1
	}
	return nil
}

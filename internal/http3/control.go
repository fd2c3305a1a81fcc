package http3

// A Control parses a client's control stream (RFC 9114, 6.2.1). Its content is
// validated and ignored: nothing is pushed, no dynamic table is used, and
// priorities are not used. The zero value is at the start of a stream, after its
// type.
type Control struct {
	settled bool   // SETTINGS have been read
	pushID  uint64 // the client's MAX_PUSH_ID plus 1; 0: none
	goneTo  uint64 // the id of its last GOAWAY plus 1; 0: none
	skip    uint64 // remaining bytes of an unknown frame
}

// Next consumes what it can of src, which holds the bytes read after those
// consumed so far, and returns how many bytes it consumed. A frame of a known
// type is consumed whole; none is longer than ControlBytes.
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

// ControlBytes is the largest number of bytes of a control stream that must be
// buffered for Next to make progress.
const ControlBytes = maxFrameHeader + maxControlFrame

// enter returns an error if a frame is not allowed, and whether it must be
// buffered whole.
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

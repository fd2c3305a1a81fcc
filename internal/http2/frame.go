package http2

import "encoding/binary"

// HeaderLen is the length of a frame header.
const HeaderLen = 9

// A Frame is one received frame.
type Frame struct {
	Type    FrameType
	Flags   Flags
	Stream  uint32
	Payload []byte // a slice of the read buffer
}

// Has reports whether all of flags are set.
func (f *Frame) Has(flags Flags) bool { return f.Flags&flags == flags }

// Next splits the frame off the start of b. n is its length, 0 if b does not hold
// all of it.
func Next(b []byte) (f Frame, n int, err error) {
	if len(b) < HeaderLen {
		return f, 0, nil
	}
	length := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
	if length > MaxFrame {
		return f, 0, ErrFrameSize
	}
	n = HeaderLen + length
	if len(b) < n {
		return f, 0, nil
	}
	return Frame{
		Type:    FrameType(b[3]),
		Flags:   Flags(b[4]),
		Stream:  binary.BigEndian.Uint32(b[5:]) & (1<<31 - 1),
		Payload: b[HeaderLen:n:n],
	}, n, nil
}

// Check reports whether a client, or a server that was told not to push, may send
// the frame on its stream, as far as type, stream and size are concerned. An
// unknown type is no error.
func (f *Frame) Check() error {
	n := len(f.Payload)
	switch f.Type {
	case Data, Headers, Continuation:
		return onStream(f, true)
	case Priority:
		if n != 5 && f.Stream != 0 {
			return ErrPrioritySize
		}
		return onStream(f, true)
	case ResetStream:
		return orSize(onStream(f, true), n == 4)
	case Settings:
		return orSize(onStream(f, false), n%6 == 0 && (n == 0 || !f.Has(Ack)))
	case Ping:
		return orSize(onStream(f, false), n == 8)
	case GoAway:
		return orSize(onStream(f, false), n >= 8)
	case WindowUpdate:
		return orSize(nil, n == 4)
	case PushPromise:
		return ErrPush
	}
	return nil
}

// onStream checks that the frame is on a stream (on), or on none.
func onStream(f *Frame, on bool) error {
	if (f.Stream != 0) != on {
		return ErrStreamID
	}
	return nil
}

func orSize(err error, fits bool) error {
	if err == nil && !fits {
		return ErrFrameSize
	}
	return err
}

// Unpad returns the payload of a DATA or HEADERS frame without padding and
// priority.
func (f *Frame) Unpad() ([]byte, error) {
	p := f.Payload
	if f.Has(Padded) {
		if len(p) == 0 {
			return nil, ErrFrameSize
		}
		padding := int(p[0])
		if p = p[1:]; padding > len(p) {
			return nil, ErrPadding
		}
		p = p[:len(p)-padding]
	}
	if f.Type != Headers || !f.Has(HasPriority) {
		return p, nil
	}
	if len(p) < 5 {
		return nil, ErrFrameSize
	}
	if dependsOn(p) == f.Stream {
		return p[5:], ErrSelfDependency
	}
	return p[5:], nil
}

// dependsOn reads the stream of a priority (RFC 7540, 5.3.1). The rest of a
// priority is ignored (RFC 9113, 5.3.2).
func dependsOn(p []byte) uint32 { return binary.BigEndian.Uint32(p) & (1<<31 - 1) }

// CheckPriority checks a PRIORITY frame.
func (f *Frame) CheckPriority() error {
	if dependsOn(f.Payload) == f.Stream {
		return ErrSelfDependency
	}
	return nil
}

// Uint31 returns the number in a WINDOW_UPDATE.
func (f *Frame) Uint31() uint32 { return binary.BigEndian.Uint32(f.Payload) & (1<<31 - 1) }

// Code returns the code in an RST_STREAM.
func (f *Frame) Code() Code { return Code(binary.BigEndian.Uint32(f.Payload)) }

// AppendHeader appends the header of a frame with a payload of length bytes.
func AppendHeader(dst []byte, length int, t FrameType, flags Flags, stream uint32) []byte {
	return append(dst, byte(length>>16), byte(length>>8), byte(length), byte(t), byte(flags),
		byte(stream>>24), byte(stream>>16), byte(stream>>8), byte(stream))
}

// AppendBlock appends a header block as a HEADERS frame with the given flags, and as
// CONTINUATION frames if it is longer than one frame. first says that it is the first one
// on its connection.
func AppendBlock(dst []byte, stream uint32, block []byte, flags Flags, first bool) []byte {
	update := 0 // length of the table size update before the block
	if first {
		update = 1
	}
	n := min(len(block), MaxFrame-update)
	if n == len(block) {
		flags |= EndHeaders
	}
	dst = AppendHeader(dst, update+n, Headers, flags, stream)
	if first {
		dst = append(dst, noTable)
	}
	dst = append(dst, block[:n]...)
	for block = block[n:]; len(block) > 0; block = block[n:] {
		n, flags = min(len(block), MaxFrame), 0
		if n == len(block) {
			flags = EndHeaders
		}
		dst = AppendHeader(dst, n, Continuation, flags, stream)
		dst = append(dst, block[:n]...)
	}
	return dst
}

// AppendReset appends a RST_STREAM frame.
func AppendReset(dst []byte, stream uint32, code Code) []byte {
	return binary.BigEndian.AppendUint32(AppendHeader(dst, 4, ResetStream, 0, stream), uint32(code))
}

// AppendWindowUpdate appends a WINDOW_UPDATE frame. n must not be 0; stream 0
// is the connection.
func AppendWindowUpdate(dst []byte, stream uint32, n int) []byte {
	return binary.BigEndian.AppendUint32(AppendHeader(dst, 4, WindowUpdate, 0, stream), uint32(n))
}

// AppendPing appends a PING frame, or its acknowledgement.
func AppendPing(dst []byte, flags Flags, payload []byte) []byte {
	return append(AppendHeader(dst, 8, Ping, flags, 0), payload...)
}

// AppendGoAway appends a GOAWAY frame: no stream above last has been or will be
// processed.
func AppendGoAway(dst []byte, last uint32, code Code) []byte {
	dst = AppendHeader(dst, 8, GoAway, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, last)
	return binary.BigEndian.AppendUint32(dst, uint32(code))
}

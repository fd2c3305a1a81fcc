// Package http2 is the part of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that
// needs no socket: frames, header compression, the rules for requests, the
// arithmetic of flow control, and meters for what only an attacker does often.
// It knows no goroutines, no time but what it is told, and no policy; in steady
// state it allocates nothing. Start reading at Next, then Decoder.Decode.
package http2

// Preface is what a client begins a connection with, before its first SETTINGS
// frame (RFC 9113, 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// A FrameType says what a frame is (RFC 9113, 6). Others are ignored.
type FrameType uint8

const (
	Data FrameType = iota
	Headers
	Priority
	ResetStream
	Settings
	PushPromise
	Ping
	GoAway
	WindowUpdate
	Continuation
)

// Flags of a frame. Two of them have the same bit in different types.
type Flags uint8

const (
	EndStream   Flags = 0x1
	Ack         Flags = 0x1
	EndHeaders  Flags = 0x4
	Padded      Flags = 0x8
	HasPriority Flags = 0x20
)

// A Code says why a stream or a connection ended (RFC 9113, 7).
type Code uint32

const (
	NoError Code = iota
	ProtocolError
	InternalError
	FlowControlError
	SettingsTimeout
	StreamClosed
	FrameSizeError
	RefusedStream
	Cancel
	CompressionError
	ConnectError
	EnhanceYourCalm
	InadequateSecurity
	HTTP11Required
)

// An Error ends the connection or, if OfStream, the stream that it happened
// on. All of them are package-level values, so that none is allocated and ==
// compares them.
type Error struct {
	Code     Code
	OfStream bool
	Reason   string // a constant phrase for the log
}

func (e *Error) Error() string { return "http2: " + e.Reason }

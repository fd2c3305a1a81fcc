// Package http2 is the part of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that needs
// no socket: frames, header compression, the rules for requests, flow-control
// arithmetic, and meters for events that only an attacker causes often. It knows
// no goroutines, no policy and no clock (callers pass the time); in steady state
// it allocates nothing. Start reading at Next, then Decoder.Decode.
package http2

// Preface is the client's connection preface, before its first SETTINGS frame
// (RFC 9113, 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// A FrameType is the type of a frame (RFC 9113, 6). Others are ignored.
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

// An Error ends the connection or, if OfStream, its stream. All Errors are
// package-level values, so that none is allocated and == compares them.
type Error struct {
	Code     Code
	OfStream bool
	Reason   string // a constant phrase for the log
}

func (e *Error) Error() string { return "http2: " + e.Reason }

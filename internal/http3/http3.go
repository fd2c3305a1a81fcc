// Package http3 is the part of HTTP/3 (RFC 9114) and QPACK (RFC 9204) that needs
// no socket: what a server reads from the streams of a client, and the bytes it
// sends on them. It knows no QUIC, no goroutines, no time and no policy; in
// steady state it allocates nothing. Package http2 has the rules for requests, which
// are the same. Start reading at Stream.Next, then Section.Decode.
package http3

// A FrameType is the type of a frame (RFC 9114, 7.2). Others are skipped.
type FrameType uint64

const (
	Data        FrameType = 0x0
	Headers     FrameType = 0x1
	CancelPush  FrameType = 0x3
	Settings    FrameType = 0x4
	PushPromise FrameType = 0x5
	GoAway      FrameType = 0x7
	MaxPushID   FrameType = 0xd
)

// fromHTTP2 reports whether a frame of this type exists in HTTP/2 only, so that
// receiving one is an error (RFC 9114, 7.2.8).
func (t FrameType) fromHTTP2() bool { return t == 0x2 || t == 0x6 || t == 0x8 || t == 0x9 }

// A StreamType is the first integer of a unidirectional stream (RFC 9114, 6.2,
// and RFC 9204, 4.2). Streams of other types are refused.
type StreamType uint64

const (
	ControlStream StreamType = 0x0
	PushStream    StreamType = 0x1
	EncoderStream StreamType = 0x2
	DecoderStream StreamType = 0x3
)

// A Code says why a stream or a connection ended (RFC 9114, 8.1, and RFC 9204,
// 6).
type Code uint64

const (
	NoError              Code = 0x100
	GeneralProtocolError Code = 0x101
	InternalError        Code = 0x102
	StreamCreationError  Code = 0x103
	ClosedCriticalStream Code = 0x104
	FrameUnexpected      Code = 0x105
	FrameError           Code = 0x106
	ExcessiveLoad        Code = 0x107
	IDError              Code = 0x108
	SettingsError        Code = 0x109
	MissingSettings      Code = 0x10a
	RequestRejected      Code = 0x10b
	RequestCancelled     Code = 0x10c
	RequestIncomplete    Code = 0x10d
	MessageError         Code = 0x10e
	DecompressionFailed  Code = 0x200
	EncoderStreamError   Code = 0x201
	DecoderStreamError   Code = 0x202
)

// An Error ends the connection or, if OfStream, its stream. All Errors are
// package-level values, so that none is allocated and == compares them.
type Error struct {
	Code     Code
	OfStream bool
	Reason   string // a constant phrase for the log
}

func (e *Error) Error() string { return "http3: " + e.Reason }

// Errors that end a connection.
var (
	ErrFrame         = &Error{Code: FrameError, Reason: "frame cut off or of a wrong length"}                        // RFC 9114, 7.1
	ErrUnexpected    = &Error{Code: FrameUnexpected, Reason: "frame out of place"}                                   // RFC 9114, 4.1 and 7.2
	ErrNoSettings    = &Error{Code: MissingSettings, Reason: "control stream does not begin with SETTINGS"}          // RFC 9114, 6.2.1
	ErrSetting       = &Error{Code: SettingsError, Reason: "setting of HTTP/2, given twice, or out of range"}        // RFC 9114, 7.2.4
	ErrControlLength = &Error{Code: ExcessiveLoad, Reason: "frame too long for a control stream"}                    // RFC 9114, 10.5
	ErrPushID        = &Error{Code: IDError, Reason: "push that was not promised, or a limit taken back"}            // RFC 9114, 7.2.3 and 7.2.7
	ErrGoAwayID      = &Error{Code: IDError, Reason: "GOAWAY with a higher id than before"}                          // RFC 9114, 5.2
	ErrCritical      = &Error{Code: ClosedCriticalStream, Reason: "control or QPACK stream closed"}                  // RFC 9114, 6.2.1
	ErrStreamTwice   = &Error{Code: StreamCreationError, Reason: "second stream of a type that there is one of"}     // RFC 9114, 6.2.1
	ErrPushStream    = &Error{Code: StreamCreationError, Reason: "push stream of a client"}                          // RFC 9114, 6.2.2
	ErrCompression   = &Error{Code: DecompressionFailed, Reason: "malformed field section"}                          // RFC 9204, 2.2
	ErrEncoder       = &Error{Code: EncoderStreamError, Reason: "dynamic table used although its capacity is 0"}     // RFC 9204, 3.2.3
	ErrDecoder       = &Error{Code: DecoderStreamError, Reason: "acknowledgement of a section that needs none"}      // RFC 9204, 4.4
	ErrBomb          = &Error{Code: ExcessiveLoad, Reason: "field section that decodes to far more than is allowed"} // RFC 9114, 10.5.1
)

// Errors that end a stream.
var (
	ErrIncomplete = &Error{Code: RequestIncomplete, OfStream: true, Reason: "stream ended before the request head"} // RFC 9114, 4.1
	ErrHeads      = &Error{Code: RequestRejected, OfStream: true, Reason: "too much of unfinished request heads"}   // RFC 9114, 8.1
	ErrMalformed  = &Error{Code: MessageError, OfStream: true, Reason: "malformed request"}                         // RFC 9114, 4.1.2
)

package http2

// Errors that end a connection.
var (
	ErrPreface       = &Error{Code: ProtocolError, Reason: "no connection preface"}                     // RFC 9113, 3.4
	ErrFrameSize     = &Error{Code: FrameSizeError, Reason: "frame of a size it must not have"}         // RFC 9113, 4.2
	ErrPadding       = &Error{Code: ProtocolError, Reason: "more padding than payload"}                 // RFC 9113, 6.1
	ErrStreamID      = &Error{Code: ProtocolError, Reason: "frame on a stream that cannot have it"}     // RFC 9113, 5.1.1
	ErrIdle          = &Error{Code: ProtocolError, Reason: "frame on an idle stream"}                   // RFC 9113, 5.1
	ErrClosed        = &Error{Code: StreamClosed, Reason: "HEADERS on a closed stream"}                 // RFC 9113, 5.1
	ErrContinuation  = &Error{Code: ProtocolError, Reason: "CONTINUATION out of place, or missing"}     // RFC 9113, 6.10
	ErrPush          = &Error{Code: ProtocolError, Reason: "PUSH_PROMISE, which is not allowed"}        // RFC 9113, 8.4
	ErrSetting       = &Error{Code: ProtocolError, Reason: "setting out of range"}                      // RFC 9113, 6.5.2
	ErrWindowSetting = &Error{Code: FlowControlError, Reason: "initial window out of range"}            // RFC 9113, 6.5.2
	ErrWindow        = &Error{Code: FlowControlError, Reason: "window over 2^31-1"}                     // RFC 9113, 6.9.1
	ErrIncrement     = &Error{Code: ProtocolError, Reason: "WINDOW_UPDATE by nothing"}                  // RFC 9113, 6.9
	ErrFlow          = &Error{Code: FlowControlError, Reason: "more DATA than the window has room for"} // RFC 9113, 6.9.1
	ErrCompression   = &Error{Code: CompressionError, Reason: "malformed header block"}                 // RFC 7541
	ErrBlockLength   = &Error{Code: EnhanceYourCalm, Reason: "header block too long"}                   // RFC 9113, 10.5.1
	ErrFlood         = &Error{Code: EnhanceYourCalm, Reason: "flood of frames that do nothing"}         // RFC 9113, 10.5
	ErrStandstill    = &Error{Code: EnhanceYourCalm, Reason: "connection window closed for too long"}   // RFC 9113, 10.5
)

// Errors that end a stream.
var (
	ErrStreamIncrement  = &Error{Code: ProtocolError, OfStream: true, Reason: "WINDOW_UPDATE by nothing"}
	ErrStreamWindow     = &Error{Code: FlowControlError, OfStream: true, Reason: "window over 2^31-1"}
	ErrStreamFlow       = &Error{Code: FlowControlError, OfStream: true, Reason: "more DATA than the window has room for"}
	ErrStreamClosed     = &Error{Code: StreamClosed, OfStream: true, Reason: "frame on a closed stream"}
	ErrSelfDependency   = &Error{Code: ProtocolError, OfStream: true, Reason: "stream that depends on itself"} // RFC 7540, 5.3.1
	ErrPrioritySize     = &Error{Code: FrameSizeError, OfStream: true, Reason: "PRIORITY of a size it must not have"}
	ErrMalformed        = &Error{Code: ProtocolError, OfStream: true, Reason: "malformed message"} // RFC 9113, 8.1.1
	ErrTooManyStreams   = &Error{Code: RefusedStream, OfStream: true, Reason: "more streams than allowed"}
	ErrStreamStandstill = &Error{Code: EnhanceYourCalm, OfStream: true, Reason: "window closed for too long"}
)

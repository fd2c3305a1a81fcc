package http1

// An Error says why a message is refused. All Errors are the package-level values
// below, so that none is allocated and == compares them.
type Error struct {
	// Status is the answer to the client if the message was its request: 400,
	// 414, 417, 431, 501 or 505. A response in error is a 502 whatever Status
	// says.
	Status int

	// Reason is a constant phrase for the log and the answer's body.
	Reason string
}

func (e *Error) Error() string { return "http1: " + e.Reason }

// Start lines.
var (
	ErrMethod        = &Error{400, "invalid method"}                                         // RFC 9110, 9.1
	ErrMethodLength  = &Error{501, "method too long"}                                        // RFC 9112, 3
	ErrRequestLine   = &Error{400, "malformed request line"}                                 // RFC 9112, 3
	ErrHTTP09        = &Error{400, "request line without a version"}                         // RFC 9112, 3
	ErrVersion       = &Error{400, "malformed HTTP version"}                                 // RFC 9112, 2.3
	ErrVersionNumber = &Error{505, "HTTP version not supported"}                             // RFC 9110, 15.6.6
	ErrPreface       = &Error{505, "HTTP/2 spoken where HTTP/1.1 is expected"}               // RFC 9113, 3.4
	ErrTarget        = &Error{400, "invalid character in request target"}                    // RFC 9112, 3.2
	ErrTargetForm    = &Error{400, "request target has none of the forms its method allows"} // RFC 9112, 3.2
	ErrTargetEscape  = &Error{400, "broken percent-encoding in path"}                        // RFC 3986, 2.1
	ErrTargetLength  = &Error{414, "request target too long"}                                // RFC 9112, 3
	ErrStatusLine    = &Error{502, "malformed status line"}                                  // RFC 9112, 4
	ErrStatus        = &Error{502, "status code out of range"}                               // RFC 9110, 15
	ErrScheme        = &Error{400, "scheme of the request target is neither http nor https"} // RFC 9110, 4.2
)

// Field lines.
var (
	ErrBareCR      = &Error{400, "CR without LF"}                    // RFC 9112, 2.2
	ErrBareLF      = &Error{400, "LF without CR"}                    // RFC 9112, 2.2
	ErrFold        = &Error{400, "white space at start of line"}     // RFC 9112, 2.2 and 5.2
	ErrSpace       = &Error{400, "white space before colon"}         // RFC 9112, 5.1
	ErrName        = &Error{400, "invalid character in field name"}  // RFC 9110, 5.1
	ErrNameEmpty   = &Error{400, "field without a name"}             // RFC 9110, 5.1
	ErrColon       = &Error{400, "field line without a colon"}       // RFC 9112, 5
	ErrValue       = &Error{400, "invalid character in field value"} // RFC 9110, 5.5
	ErrHeadLength  = &Error{431, "head longer than 64 KiB"}          // RFC 6585, 5
	ErrFieldCount  = &Error{431, "too many fields"}                  // RFC 6585, 5
	ErrOptionCount = &Error{431, "too many connection options"}      // RFC 9110, 7.6.1
)

// Meaning of fields.
var (
	ErrHostMissing   = &Error{400, "no Host"}                                       // RFC 9112, 3.2
	ErrHostTwice     = &Error{400, "more than one Host"}                            // RFC 9112, 3.2
	ErrHost          = &Error{400, "invalid Host"}                                  // RFC 9112, 3.2
	ErrContentLength = &Error{400, "invalid Content-Length"}                        // RFC 9110, 8.6
	ErrLengthsDiffer = &Error{400, "several different Content-Lengths"}             // RFC 9112, 6.3
	ErrBothFramings  = &Error{400, "Content-Length with Transfer-Encoding"}         // RFC 9112, 6.3
	ErrCodingIn10    = &Error{400, "Transfer-Encoding in HTTP/1.0"}                 // RFC 9112, 6.1
	ErrCoding        = &Error{501, "unknown coding in Transfer-Encoding"}           // RFC 9112, 6.1
	ErrCodingLast    = &Error{400, "Transfer-Encoding does not end in one chunked"} // RFC 9112, 6.3
	ErrMaxForwards   = &Error{400, "invalid Max-Forwards"}                          // RFC 9110, 7.6.2
	ErrExpect        = &Error{417, "an expectation other than 100-continue"}        // RFC 9110, 10.1.1

	// In HTTP/2 and HTTP/3 only.
	ErrConnectionField = &Error{400, "field that is the connection's own"}     // RFC 9113, 8.2.2
	ErrLengthWrong     = &Error{400, "Content-Length is not that of the body"} // RFC 9113, 8.1.1
	ErrPseudoField     = &Error{400, "pseudo-header field out of place"}       // RFC 9113, 8.3
	ErrProtocol        = &Error{501, "protocol not supported"}                 // RFC 9220, 3
)

// Bodies.
var (
	ErrChunkSize      = &Error{400, "invalid chunk size"}                   // RFC 9112, 7.1
	ErrChunkExtension = &Error{400, "invalid chunk extension"}              // RFC 9112, 7.1.1
	ErrChunkOverhead  = &Error{400, "chunk extensions over budget"}         // RFC 9112, 7.1.1
	ErrChunkEnd       = &Error{400, "chunk longer than its size"}           // RFC 9112, 7.1
	ErrTrailerLength  = &Error{431, "trailer section longer than 64 KiB"}   // RFC 6585, 5
	ErrTrailer        = &Error{400, "field not allowed in trailer section"} // RFC 9110, 6.5.1
	ErrTruncated      = &Error{400, "message cut off before its end"}       // RFC 9112, 8
)

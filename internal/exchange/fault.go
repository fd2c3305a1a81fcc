package exchange

import (
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"

	"elbow/internal/http1"
)

// A Fault is the only kind of error that an exchange ends with. The client's answer, the
// log record, the metrics and the decision to retry follow from its fields, never from
// the text of Err. The code that detects a failure sets Status:
//
//	4xx  the request: HeadFault and BodyFault, with the status of the parser's error;
//	     what this listener does not forward: Exchange.answerLocally
//	502  no connection to the backend: connectFault; after a retry with another backend
//	     (retry.go)
//	     the backend closed or reset the connection, or sent what is no valid response:
//	     b1.broken, b1.head, b1.payload, b1.read; over HTTP/2 b2.broken, b2.parse
//	     an upgrade that is not what was asked for: switchFault, ResponseHead.AppendCoded,
//	     SocketKey.Check
//	503  no usable backend: assignment.choose; its places and its queue are full:
//	     assignment.queue; this process is out of descriptors: connectFault; out of memory,
//	     or over its limit of connections: Exchange.answerLocally
//	504  no connection within the timeout: connectFault; no response head or no progress:
//	     b1.read, b2.failed
//
// Exchange.fail is the only place where a Fault becomes an answer. A failure that was
// caused here, such as the end of a drain, keeps its status and gets Self as Side
// (Record.blame).
type Fault struct {
	Side   Side  // the party at fault
	Status int   // the client's status if no response head has been sent
	Op     Op    // the operation that failed
	Retry  Retry // the retry that is safe
	Err    error
}

func (f *Fault) Error() string {
	return f.Side.String() + ": " + f.Op.String() + ": " + strconv.Itoa(f.Status) + ": " + f.Err.Error()
}

func (f *Fault) Unwrap() error { return f.Err }

// ClientGone is the Fault of a client that left before the end.
func ClientGone(op Op) *Fault {
	return &Fault{Side: Client, Op: op, Status: StatusClientGone, Err: ErrLeft}
}

var ErrLeft = errors.New("client left")

// Side names the party at fault.
type Side uint8

// The parties to an exchange.
const (
	Client Side = iota + 1
	Upstream
	Self
	Sides // number of sides
)

func (s Side) String() string { return [Sides]string{"", "client", "upstream", "self"}[s] }

// Op is the part of an exchange in which a fault occurred.
type Op uint8

// The parts of an exchange, in their order.
const (
	OpHead    Op = iota + 1 // reading the request head
	OpChoose                // choosing a member
	OpQueue                 // waiting for a place at the backend
	OpConnect               // connecting to the backend
	OpSend                  // sending the request
	OpReceive               // waiting for the response head
	OpBody                  // forwarding the response body
	OpTunnel                // relaying an upgraded connection
	Ops                     // number of values
)

func (o Op) String() string {
	return [Ops]string{"", "head", "choose", "queue", "connect", "send", "receive", "body", "tunnel"}[o]
}

// Retry is the kind of retry that is safe after a fault.
type Retry uint8

const (
	// Never: the request may have been executed.
	Never Retry = iota
	// Elsewhere: the backend did not accept the connection; another backend may be tried.
	Elsewhere
	// Afresh: the backend closed a pooled connection, which it may do at any time; a new
	// connection to the same backend may be tried.
	Afresh
)

// StatusClientGone is the status in the access log of a client that disconnected
// before the response head; it is never sent. nginx introduced the number.
const StatusClientGone = 499

// ErrNoRequest means that the connection ended where a request might have begun. It is
// not a fault.
var ErrNoRequest = &Fault{}

var errPanic = errors.New("panic")

// HeadFault returns the Fault of a request head whose reading failed with err.
func HeadFault(err error) *Fault { return requestFault(OpHead, err, 400) }

// BodyFault returns the Fault of a request body whose reading failed with err.
func BodyFault(err error) *Fault { return requestFault(OpSend, err, StatusClientGone) }

// requestFault returns the Fault of a part of the request whose reading failed with
// err. short is the status if it ended too early.
func requestFault(op Op, err error, short int) *Fault {
	f := &Fault{Side: Client, Op: op, Status: StatusClientGone, Err: err}
	var refused *http1.Error
	switch {
	case errors.As(err, &refused):
		f.Status = refused.Status
	case errors.Is(err, os.ErrDeadlineExceeded):
		f.Status = 408
	case err == io.EOF:
		f.Status, f.Err = short, errBodyShort
	}
	return f
}

// connectFault returns the Fault of a backend that did not accept a connection, or of
// this machine if it could not open one.
func connectFault(err error) *Fault {
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) {
		return &Fault{Side: Self, Op: OpConnect, Status: 503, Err: err}
	}
	f := &Fault{Side: Upstream, Op: OpConnect, Status: 502, Retry: Elsewhere, Err: err}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		f.Status = 504
	}
	return f
}

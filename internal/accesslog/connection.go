package accesslog

import (
	"net/netip"
	"time"
)

// ConnectionFields are the fields of a line for a TCP connection or a UDP session, in
// the order of a line.
var ConnectionFields = []Field{
	{"time", "UTC, when the connection or session ended"},
	{"lb", "LoadBalancerId"},
	{"listener", "port of the listener"},
	{"client", "address and port of the client"},
	{"proto", "tcp or udp"},
	{"in", "bytes that the client sent"},
	{"out", "bytes that the client got"},
	{"datagrams_in", "datagrams that the client sent; absent for tcp"},
	{"datagrams_out", "datagrams that the client got; absent for tcp"},
	{"backend", "ServerId, or ServerId:Port for one with a port of its own; absent if none was chosen"},
	{"connect", "seconds until the backend had accepted; absent if none had, and for udp"},
	{"took", "seconds from the beginning to the end"},
	{"retries", "how many other backends were tried; absent if none was"},
	{"reason", "why it ended: closed, idle timeout, client reset, …"},
	{"side", "who broke it: client, upstream or self; absent if nobody did"},
}

// A Connection is the data of an access-log line for a TCP connection or a UDP
// session.
type Connection struct {
	LoadBalancer string
	Listener     int // port
	Client       netip.AddrPort
	Proto        string // tcp or udp
	In, Out      int64  // bytes
	Datagrams    bool   // DatagramsIn and DatagramsOut are set
	DatagramsIn  int64
	DatagramsOut int64
	Backend      string        // empty: none was chosen
	Connected    time.Duration // 0: no backend accepted
	Took         time.Duration
	Retries      int
	Reason       string
	Side         string // the party at fault; empty: none
}

// Append appends the line as one JSON object. Durations are in seconds, as in the
// other logs and in the metrics, sizes in bytes.
func (c *Connection) Append(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = time.Now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = appendText(b, "lb", c.LoadBalancer)
	b = appendNumber(b, "listener", int64(c.Listener))
	b = append(b, `,"client":"`...)
	b = c.Client.AppendTo(b)
	b = append(b, '"')
	b = appendText(b, "proto", c.Proto)
	b = appendNumber(b, "in", c.In)
	b = appendNumber(b, "out", c.Out)
	if c.Datagrams {
		b = appendNumber(b, "datagrams_in", c.DatagramsIn)
		b = appendNumber(b, "datagrams_out", c.DatagramsOut)
	}
	if c.Backend != "" {
		b = appendText(b, "backend", c.Backend)
	}
	if c.Connected != 0 {
		b = appendSeconds(b, "connect", c.Connected)
	}
	b = appendSeconds(b, "took", c.Took)
	if c.Retries > 0 {
		b = appendNumber(b, "retries", int64(c.Retries))
	}
	b = appendText(b, "reason", c.Reason)
	if c.Side != "" {
		b = appendText(b, "side", c.Side)
	}
	return append(b, "}\n"...)
}

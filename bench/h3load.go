//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"
)

// The concurrency of a round of HTTP/3, equal to that of HTTP/2.
const (
	h3Connections = h2Connections
	h3Streams     = h2Streams
)

// h3Patience bounds the time for connecting and for the last answers, in addition to the
// round.
const h3Patience = 30 * time.Second

// The constants of HTTP/3 that the generator needs (RFC 9114, 7.2, and RFC 9204, 4.5 and
// appendix A).
const (
	h3DataFrame    = 0x0
	h3HeadersFrame = 0x1
	qpackStatus200 = 0xd9 // ":status: 200" as all the balancers encode it
)

// h3Greeting is the start of a client's control stream: its type, and a SETTINGS frame
// without settings.
var h3Greeting = []byte{0x0, 0x4, 0x0}

// h3Request is the HEADERS frame of a GET.
func h3Request(path string) []byte {
	block := []byte{
		0, 0, // no dynamic table
		0xd1, // :method: GET
		0xd7, // :scheme: https
	}
	block = append(append(block, 0x50, byte(len(serverName))), serverName...) // :authority
	block = append(append(block, 0x51, byte(len(path))), path...)
	return append(quicvarint.Append([]byte{h3HeadersFrame}, uint64(len(block))), block...)
}

// h3Body returns the size of the body of a complete answer. A status other than 200 is an
// error.
func h3Body(text []byte) (size int, err error) {
	for first := true; len(text) > 0; first = false {
		kind, n, err := quicvarint.Parse(text)
		if err != nil {
			return 0, err
		}
		length, m, err := quicvarint.Parse(text[n:])
		if err != nil {
			return 0, err
		}
		text = text[n+m:]
		if length > uint64(len(text)) {
			return 0, io.ErrUnexpectedEOF
		}
		if first && (kind != h3HeadersFrame || length < 3 || text[2] != qpackStatus200) {
			return 0, fmt.Errorf("answer %q", text[:min(len(text), 64)])
		}
		if kind == h3DataFrame {
			size += int(length)
		}
		text = text[length:]
	}
	return size, nil
}

// An h3Client makes one request after the other on a connection.
type h3Client struct {
	conn    *quic.Conn
	request []byte
	size    int // expected bytes of the body
	text    []byte
	took    []time.Duration
	err     error
}

// h3Load runs one round of requests over HTTP/3 on kept connections. It uses quic-go
// without its http3 package: the types of net/http would double the CPU time of the
// client.
func h3Load(o order) (outcome, error) {
	debug.SetGCPercent(400) // fewer collections: the core is shared with the origin
	ctx, cancel := context.WithTimeout(context.Background(), o.Duration+h3Patience)
	defer cancel()
	var clients []*h3Client
	for range o.Conns {
		conn, err := dialH3(ctx, o.Address)
		if err != nil {
			return outcome{}, err
		}
		defer conn.CloseWithError(0x100, "") // H3_NO_ERROR
		for range h3Streams {
			c := &h3Client{conn: conn, request: h3Request(o.Path), size: o.Size, text: make([]byte, o.Size+4<<10)}
			clients = append(clients, c)
		}
	}
	var wg sync.WaitGroup
	start := time.Now()
	for _, c := range clients {
		wg.Go(func() { c.run(ctx, start.Add(o.Duration)) }) // ends with the round; waited for below
	}
	wg.Wait()
	elapsed := time.Since(start)
	var all []time.Duration
	for _, c := range clients {
		if c.err != nil {
			return outcome{}, c.err
		}
		all = append(all, c.took...)
	}
	slices.Sort(all)
	return outcome{Requests: len(all), Elapsed: elapsed, P99: percentile(all, 0.99)}, nil
}

// dialH3 connects and opens the client's control stream.
func dialH3(ctx context.Context, address string) (*quic.Conn, error) {
	config := clientTLS.Clone()
	config.NextProtos = []string{"h3"}
	conn, err := quic.DialAddr(ctx, address, config, nil)
	if err != nil {
		return nil, err
	}
	control, err := conn.OpenUniStream()
	if err != nil {
		return nil, err
	}
	_, err = control.Write(h3Greeting)
	return conn, err
}

// run makes requests until the round ends.
func (c *h3Client) run(ctx context.Context, end time.Time) {
	for c.err == nil {
		start := time.Now()
		if start.After(end) {
			return
		}
		c.err = c.ask(ctx)
		c.took = append(c.took, time.Since(start))
	}
}

// ask makes one request on a new stream.
func (c *h3Client) ask(ctx context.Context) error {
	stream, err := c.conn.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	if _, err := stream.Write(c.request); err != nil {
		return err
	}
	if err := stream.Close(); err != nil {
		return err
	}
	n, err := io.ReadFull(stream, c.text)
	if !errors.Is(err, io.ErrUnexpectedEOF) { // ReadFull: the buffer is larger than any answer
		return fmt.Errorf("answer of %d bytes: %w", n, err)
	}
	size, err := h3Body(c.text[:n])
	if err == nil && size != c.size {
		err = fmt.Errorf("a body of %d bytes", size)
	}
	return err
}

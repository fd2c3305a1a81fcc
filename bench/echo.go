//go:build linux

package main

import (
	"io"
	"net"
)

const (
	// messageSize is the length, in bytes, of a message and of a short answer.
	messageSize = 100

	// bulkSize is the length, in bytes, of a long transfer.
	bulkSize = 1 << 20

	// bulkChunk is the number of bytes of a long transfer that are read or written at
	// once.
	bulkChunk = 256 << 10
)

// The first byte of a message over TCP tells the origin what to do.
const (
	kindEcho  = 'e' // send it and everything after it back
	kindClose = 'c' // send it back and close
	kindDown  = 'd' // answer with bulkSize bytes
	kindUp    = 'u' // read up to bulkSize bytes, then send the message back
)

// echoRole serves as the two origins of TCP and UDP, both protocols on the same addresses.
func echoRole(args []string) error {
	failed := make(chan error)
	loop, err := newEchoLoop()
	if err != nil {
		return err
	}
	for _, address := range args {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			return err
		}
		if err := c.(*net.UDPConn).SetReadBuffer(4 << 20); err != nil {
			return err
		}
		go serveEcho(l, loop, failed) // ends with the process
		go echoPackets(c, failed)     // as above
	}
	return <-failed
}

func serveEcho(l net.Listener, loop *echoLoop, failed chan<- error) {
	for {
		c, err := l.Accept()
		if err != nil {
			failed <- err
			return
		}
		go func() { // ends with the connection
			defer c.Close()
			_ = echo(c.(*net.TCPConn), loop) // an error shows at the client
		}()
	}
}

// echo serves one connection until its end, or until its first kindEcho, from which on
// loop serves it.
func echo(c *net.TCPConn, loop *echoLoop) error {
	message := make([]byte, messageSize) // small, because each idle connection has one
	for {
		if _, err := io.ReadFull(c, message); err != nil {
			return err
		}
		kind := message[0]
		var err error
		switch kind {
		case kindDown:
			err = writeBulk(c, bulkSize)
		case kindUp:
			err = readBulk(c, bulkSize-messageSize)
		}
		if err != nil {
			return err
		}
		if kind != kindDown {
			if _, err := c.Write(message); err != nil {
				return err
			}
		}
		switch kind {
		case kindClose:
			return nil
		case kindEcho:
			return loop.add(c)
		}
	}
}

// writeBulk writes n bytes.
func writeBulk(w io.Writer, n int) error {
	chunk := make([]byte, bulkChunk)
	for n > 0 {
		m, err := w.Write(chunk[:min(n, bulkChunk)])
		if err != nil {
			return err
		}
		n -= m
	}
	return nil
}

// readBulk reads n bytes.
func readBulk(r io.Reader, n int) error {
	chunk := make([]byte, bulkChunk)
	for n > 0 {
		m, err := r.Read(chunk[:min(n, bulkChunk)])
		if err != nil {
			return err
		}
		n -= m
	}
	return nil
}

// echoPackets sends every datagram back.
func echoPackets(c net.PacketConn, failed chan<- error) {
	u := c.(*net.UDPConn)
	b := make([]byte, 64<<10)
	for {
		n, from, err := u.ReadFromUDPAddrPort(b)
		if err != nil {
			failed <- err
			return
		}
		_, _ = u.WriteToUDPAddrPort(b[:n], from) // the session may be gone
	}
}

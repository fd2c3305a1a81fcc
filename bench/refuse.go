//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

// refuseRole runs in the child process that startRefuse starts. It refuses requests and
// handshakes at as little cost as a server in Go can.
func refuseRole(args []string) error {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	go func() { // ends with the process
		<-end
		_ = l.Close() // ends Accept
	}()
	for {
		c, err := l.Accept()
		if err != nil {
			return nil // the end
		}
		go refuseAll(c) // ends with the connection
	}
}

// handshakeRecord is the first byte of a ClientHello (RFC 8446, 5.1).
const handshakeRecord = 0x16

func refuseAll(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	if first, err := r.Peek(1); err != nil || first[0] == handshakeRecord {
		_, _ = io.WriteString(c, "no") // the client may be gone
		return
	}
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body) // as below
		if _, err := io.WriteString(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

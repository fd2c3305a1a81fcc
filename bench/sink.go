//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// sinkAnswer is the answer to an upload, the same as that of the other origins to /100.
var sinkAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + smallBody

// sinkRole serves as the two origins of uploads; its arguments are their addresses. It
// reads each body to its end and answers 200. nginx, the origin of all other work, would
// answer before the end of the body, or write the body to a file.
func sinkRole(args []string) error {
	failed := make(chan error)
	for _, address := range args {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		go serveSink(l, failed) // ends with the process
	}
	return <-failed
}

func serveSink(l net.Listener, failed chan<- error) {
	for {
		c, err := l.Accept()
		if err != nil {
			failed <- err
			return
		}
		go swallow(c) // ends with the connection
	}
}

// swallow answers requests until the connection ends.
func swallow(c net.Conn) {
	defer c.Close()
	br := bufio.NewReaderSize(c, 64<<10)
	for {
		req, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		if _, err := io.WriteString(c, sinkAnswer); err != nil {
			return
		}
	}
}

#!/usr/bin/env bash
# curl says over HTTP/2 that its upload is complete when it has sent a part of it.
#
# Versions: curl 7.88.1 (Debian 12); golang.org/x/net v0.62.0 for the frames of the server.
#
# Expected: a client that stops an upload because the answer is an error resets the stream (RFC 9113, 8.1: it may cancel it), so that a
# server can tell a part from the whole. The guess before looking was RST_STREAM with CANCEL or NO_ERROR.
#
# What happens: after the head of an answer with a status of 300 or more curl ends the stream as if the body were whole, with END_STREAM
# short of the Content-Length that it has sent itself: after nothing at all, or after the first window. With 200 it sends everything.
#
# Why it matters: RFC 9113, 8.1.1 calls such a request malformed, and a proxy that resets the stream for it takes away the rest of an answer
# which the client goes on reading: the error page that says why the upload was refused. A server that counts on END_STREAM takes a part
# of a file for the file.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

command -v curl >/dev/null || { apt-get update -qq && apt-get install -y -qq curl >/dev/null; }
case $(curl --version | head -n 1) in
"curl 7.88.1 "*) ;;
*)
	echo "this is about curl 7.88.1, and here is $(curl --version | head -n 1)"
	exit 2
	;;
esac

cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const size = 10 << 20

// upload has curl send a file, answers with the head and a part of the body at
// once, and returns how the request ended.
func upload(status string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	curl := exec.Command("curl", "-sS", "--http2-prior-knowledge", "-o", os.DevNull, "-T", "body", "http://"+l.Addr().String()+"/")
	if err := curl.Start(); err != nil {
		panic(err)
	}
	defer curl.Wait()
	c, err := l.Accept()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
	frames := http2.NewFramer(c, c)
	frames.WriteSettings()
	var got int
	for {
		f, err := frames.ReadFrame()
		if err != nil {
			return "the connection ended"
		}
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				frames.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			var head bytes.Buffer
			hpack.NewEncoder(&head).WriteField(hpack.HeaderField{Name: ":status", Value: status})
			frames.WriteHeaders(http2.HeadersFrameParam{StreamID: f.StreamID, BlockFragment: head.Bytes(), EndHeaders: true})
			frames.WriteData(f.StreamID, false, make([]byte, 1000))
		case *http2.DataFrame:
			if n := len(f.Data()); n > 0 {
				got += n
				frames.WriteWindowUpdate(0, uint32(n))
				frames.WriteWindowUpdate(f.StreamID, uint32(n))
			}
			if f.StreamEnded() {
				frames.WriteData(f.StreamID, true, nil)
				if got == size {
					return "END_STREAM after all of it"
				}
				return "END_STREAM after a part"
			}
		case *http2.RSTStreamFrame:
			return "RST_STREAM"
		}
	}
}

func main() {
	if err := os.WriteFile("body", make([]byte, size), 0o600); err != nil {
		panic(err)
	}
	changed := false
	for _, c := range []struct{ status, want string }{
		{"200", "END_STREAM after all of it"},
		{"302", "END_STREAM after a part"},
		{"401", "END_STREAM after a part"},
		{"413", "END_STREAM after a part"},
	} {
		got := upload(c.status)
		fmt.Println(c.status, got)
		changed = changed || got != c.want
	}
	if changed {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
cat >go.mod <<'GO'
module finding

go 1.25

require golang.org/x/net v0.62.0
GO
export GOFLAGS=-mod=mod CGO_ENABLED=0
curl --version | head -n 1
go run .

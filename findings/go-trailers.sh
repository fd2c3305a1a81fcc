#!/usr/bin/env bash
# Go's net/http takes a header field of 60 KB in the head of a message, and none of 4.1 KB in the trailers behind a chunked body.
#
# Versions: Go's standard library, seen with 1.26.8; golang.org/x/net v0.62.0 for the same over HTTP/2.
#
# Expected: trailers are header fields (RFC 9110, 6.5), so the bound for heads, MaxHeaderBytes with 1 MiB by default, should hold for them
# too, and for the client MaxResponseHeaderBytes with 10 MiB. The guess before looking was that they share the limit of the head.
#
# What happens: over HTTP/1.1 the trailers have to fit into the buffer that the connection is read through: 4 KiB in the server, where nothing
# changes it, and in the client, where only Transport.ReadBufferSize does. Beyond that reading the body ends with "suspiciously long
# trailer after chunked body", though its content has come whole. Over HTTP/2 the same trailers arrive.
#
# Why it matters: signatures, checksums by chunk and error details travel in trailers. Whatever a proxy allows, a backend or a client in Go
# has 4 KiB of them over HTTP/1.1, and the same backend reached by HTTP/2 has not: a change of the protocol between proxy and
# backend changes which requests fail.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"golang.org/x/net/http2"
)

// ask sends a request with a header field and a trailer of the given sizes to a
// server that answers alike, and tells what each side has received.
func ask(over2 bool, buffer, header, trailer int) string {
	var server string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		server = verdict(err, len(r.Header.Get("X-Head")) == header && len(r.Trailer.Get("X-Sum")) == trailer)
		w.Header().Set("Trailer", "X-Sum")
		w.Header().Set("X-Head", strings.Repeat("a", header))
		io.WriteString(w, "ok")
		w.(http.Flusher).Flush()
		w.Header().Set("X-Sum", strings.Repeat("a", trailer))
	}))
	s.EnableHTTP2 = over2
	s.StartTLS()
	defer s.Close()
	transport := s.Client().Transport.(*http.Transport)
	transport.ReadBufferSize = buffer
	if over2 {
		if err := http2.ConfigureTransport(transport); err != nil {
			panic(err)
		}
	}
	r, err := http.NewRequest("POST", s.URL, io.NopCloser(strings.NewReader("ok")))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Head", strings.Repeat("a", header))
	r.Trailer = http.Header{"X-Sum": {strings.Repeat("a", trailer)}}
	answer, err := s.Client().Do(r)
	if err != nil {
		return fmt.Sprintf("server: %s; client: %v", server, err)
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return fmt.Sprintf("server: %s; client: %s", server, verdict(err, len(answer.Header.Get("X-Head")) == header && len(answer.Trailer.Get("X-Sum")) == trailer))
}

func verdict(err error, whole bool) string {
	switch {
	case err != nil:
		return strings.TrimPrefix(err.Error(), "http: ")
	case !whole:
		return "something is missing"
	}
	return "all received"
}

func main() {
	const all, long = "all received", "suspiciously long trailer after chunked body"
	changed := false
	for _, c := range []struct {
		what            string
		over2           bool
		buffer          int
		header, trailer int
		want            string
	}{
		{"HTTP/1.1, header 60,000, trailer 3,000", false, 0, 60_000, 3_000, "server: " + all + "; client: " + all},
		{"HTTP/1.1, header 100, trailer 4,100", false, 0, 100, 4_100, "server: " + long + "; client: " + long},
		{"HTTP/1.1, the same, ReadBufferSize 64 KiB", false, 64 << 10, 100, 4_100, "server: " + long + "; client: " + all},
		{"HTTP/2,   header 100, trailer 4,100", true, 0, 100, 4_100, "server: " + all + "; client: " + all},
	} {
		got := ask(c.over2, c.buffer, c.header, c.trailer)
		fmt.Printf("%-42s %s\n", c.what, got)
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
go version
go run .

#!/usr/bin/env bash
# A header value that ends with a space works over HTTP/1.1, and over HTTP/2 three clients on one library do three different things.
#
# Versions: golang.org/x/net v0.62.0 (server); Debian 12's curl 7.88.1, nghttp 1.52.0 (package nghttp2-client) and Node, whose
# process.versions.nghttp2 is printed: all three parse HTTP/2 by nghttp2.
#
# Expected: RFC 9113, 8.2.1: a field value must not end with white space, and a message with one is malformed. Go's server trims it over
# HTTP/1.1, so it should over HTTP/2, too. The guess before looking was that it does; the next one, that clients on the same library agree.
#
# What happens: Go's HTTP/2 server sends the space. curl shows the value with it, Node leaves the field out and says nothing, nghttp ends the
# stream with PROTOCOL_ERROR. Over HTTP/1.1 all get the value without it.
#
# Why it matters: an application that has worked for years loses a header, or its whole answer, on the day on which a proxy or a client
# speaks HTTP/2 to it, and which of the two depends on how the library was called and not on its version alone.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

missing=
for program in node:nodejs curl:curl nghttp:nghttp2-client; do
	command -v "${program%%:*}" >/dev/null || missing="$missing ${program#*:}"
done
# shellcheck disable=SC2086 # a list of names
[ -z "$missing" ] || { apt-get update -qq && apt-get install -y -qq $missing >/dev/null; }

cat >client.js <<'JS'
const client = require('http2').connect(process.argv[2]);
const request = client.request({ ':path': '/' });
request.on('response', (head) => console.log(head[':status'], 'x-title' in head ? `[${head['x-title']}]` : 'no x-title'));
request.on('error', (e) => console.log(e.message));
request.on('close', () => client.close());
request.resume();
JS
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, h2c.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Title", "a ")
		fmt.Fprint(w, "ok")
	}), &http2.Server{}))
	url := "http://" + l.Addr().String() + "/"
	changed := false
	for _, c := range []struct{ name, want, command string }{
		{"curl, HTTP/1.1", "200 [a]", `curl -s -o /dev/null -w '%{http_code} [%header{x-title}]' ` + url},
		{"curl, HTTP/2", "200 [a ]", `curl -s -D - -o /dev/null --http2-prior-knowledge ` + url + ` | tr -d '\r' | awk '/^HTTP/ {s=$2} /^x-title/ {sub("x-title: ", ""); print s " [" $0 "]"}'`},
		{"Node, HTTP/2", "200 no x-title", "node client.js " + url},
		{"nghttp, HTTP/2", "RST_STREAM PROTOCOL_ERROR", "nghttp -nv --no-dep 2>/dev/null " + url + ` | grep -A1 'send RST_STREAM' | grep -o 'RST_STREAM\|PROTOCOL_ERROR' | xargs`},
	} {
		out, _ := exec.Command("sh", "-c", c.command).CombinedOutput()
		got := strings.TrimRight(string(out), "\n")
		fmt.Printf("%-16s %s\n", c.name, got)
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
nghttp --version
node -p '"node " + process.versions.node + " nghttp2/" + process.versions.nghttp2'
go run .

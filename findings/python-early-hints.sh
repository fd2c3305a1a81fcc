#!/usr/bin/env bash
# Python's HTTP client takes 103 Early Hints for the final answer, and the JDK's, Node's, Perl's, curl's and wget's do not.
#
# Versions: Debian 12's python3 3.11.2 (also 3.11.7), openjdk-17-jdk-headless 17.0.15, nodejs, perl 5.36, curl 7.88.1, wget 1.21.3; Go 1.24 or later for
# the server, which is net/http.
#
# Expected: RFC 9110, 15.2: a client must be able to parse interim answers before the final one, even if it does not expect any, and
# may ignore them. Interim answers are as old as HTTP/1.1, so a client of 2022 in a widely used standard library skips those it does not
# know. The guess before looking was that the JDK's client might fail, which had open reports of interim answers, and no other.
#
# What happens: the JDK's client is right; Python's http.client, and with it urllib.request and what is built upon them, skips 100 alone. 103
# is returned as the answer (urllib: HTTPError 103), and on a kept connection the final answer is read as the next one's.
#
# Why it matters: a backend that is taught to send early hints for browsers breaks each Python script that reaches it through a proxy
# which forwards interim answers, as RFC 9110 demands. RFC 8297 advises against them over HTTP/1.1; browsers take them over HTTP/2 and
# HTTP/3 alone, so a backend should look at what the client's protocol is.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

missing=
for program in javac:openjdk-17-jdk-headless node:nodejs curl:curl wget:wget perl:perl; do
	command -v "${program%%:*}" >/dev/null || missing="$missing ${program#*:}"
done
[ -x /usr/bin/python3 ] || missing="$missing python3"
# shellcheck disable=SC2086 # a list of names
[ -z "$missing" ] || { apt-get update -qq && apt-get install -y -qq $missing >/dev/null; }

cat >Client.java <<'JAVA'
import java.net.URI;
import java.net.http.*;

public class Client {
	public static void main(String[] args) throws Exception {
		var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
		System.out.println(client.send(HttpRequest.newBuilder(URI.create(args[0])).build(), HttpResponse.BodyHandlers.ofString()).statusCode());
	}
}
JAVA
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload; as=style")
		w.WriteHeader(http.StatusEarlyHints)
		fmt.Fprint(w, "final")
	}))
	url := "http://" + l.Addr().String() + "/"
	changed := false
	for _, c := range []struct {
		name, want string
		command    []string
	}{
		{"curl", "200", []string{"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url}},
		{"wget", "200", []string{"sh", "-c", "wget -q -S -O /dev/null " + url + " 2>&1 | sed -n 's,.*HTTP/1.1 \\([0-9]*\\).*,\\1,p' | tail -n 1"}},
		{"Perl HTTP::Tiny", "200", []string{"perl", "-MHTTP::Tiny", "-e", "print HTTP::Tiny->new->get(shift)->{status}", url}},
		{"Node http", "200", []string{"node", "-e", "require('http').get(process.argv[1], r => { console.log(r.statusCode); r.resume() })", url}},
		{"JDK HttpClient", "200", []string{"java", "Client", url}},
		{"Python http.client", "103", []string{"/usr/bin/python3", "-c", "import http.client, sys, urllib.parse\n" +
			"c = http.client.HTTPConnection(urllib.parse.urlsplit(sys.argv[1]).netloc)\nc.request('GET', '/')\nprint(c.getresponse().status)", url}},
	} {
		out, _ := exec.Command(c.command[0], c.command[1:]...).CombinedOutput()
		got := strings.TrimSpace(string(out))
		fmt.Printf("%-20s %s\n", c.name, got)
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

go 1.24
GO
/usr/bin/python3 --version
java -version 2>&1 | head -n 1
javac Client.java
CGO_ENABLED=0 go run .

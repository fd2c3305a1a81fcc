package http1

import (
	"fmt"
	"strings"
	"testing"
)

const simpleGet = "GET /index.html?q=1 HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"

// get returns a request with these lines after the Host.
func get(lines ...string) string {
	return "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(lines, "", ""), "\r\n")
}

// summary formats a request in one line for the tables below.
func summary(r *Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s 1.%d", r.Method, r.Authority, r.Path, r.Minor)
	switch r.Framing {
	case Length:
		fmt.Fprintf(&b, " length=%d", r.Length)
	case Chunked:
		b.WriteString(" chunked")
	}
	if !r.KeepAlive {
		b.WriteString(" close")
	}
	if r.Expect100 {
		b.WriteString(" expect")
	}
	if r.Upgrade != nil {
		fmt.Fprintf(&b, " upgrade=%s", r.Upgrade)
	}
	for _, f := range r.Fields {
		if f.Hop {
			fmt.Fprintf(&b, " -%s", f.Name)
		}
	}
	return b.String()
}

var goodRequests = []struct{ name, raw, want string }{
	{"simple", simpleGet, "GET example.com /index.html?q=1 1.1 -Connection"},
	{"no fields but Host", get(), "GET a / 1.1"},
	{"empty line first: RFC 9112, 2.2", "\r\n" + get(), "GET a / 1.1"},
	{"any token is a method: RFC 9110, 9.1", "X-y!7 / HTTP/1.1\r\nHost: a\r\n\r\n", "X-y!7 a / 1.1"},
	{"methods have case: RFC 9110, 9.1", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "get a / 1.1"},
	{"names have none: RFC 9110, 5.1", "GET / HTTP/1.1\r\nhOST: a\r\ncontent-LENGTH: 2\r\n\r\n", "GET a / 1.1 length=2 -content-LENGTH"},
	{"no white space after colon: RFC 9112, 5.1", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET a / 1.1"},
	{"much of it: RFC 9112, 5.1", "GET / HTTP/1.1\r\nHost:\t  a \t\r\n\r\n", "GET a / 1.1"},
	{"empty value: RFC 9110, 5.5", get("X:", "Y: "), "GET a / 1.1"},
	{"tab and obs-text in value: RFC 9110, 5.5", get("X: a\tb\x80\xff"), "GET a / 1.1"},
	{"higher minor version: RFC 9110, 2.5", "GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET a / 1.1"},

	{"browsers do not escape all: RFC 3986, 2", "GET /[a]|{b}^`\\\"<>?%|{}[]\\^`<> HTTP/1.1\r\nHost: a\r\n\r\n", "GET a /[a]|{b}^`\\\"<>?%|{}[]\\^`<> 1.1"},
	{"escapes in path: RFC 3986, 2.1", "GET /%41%c3%A4?%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET a /%41%c3%A4?%zz 1.1"},
	{"two slashes are a path: RFC 9112, 3.2.1", "GET //b/c HTTP/1.1\r\nHost: a\r\n\r\n", "GET a //b/c 1.1"},
	{"absolute form beats Host: RFC 9112, 3.2.2", "GET http://b:80/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "GET b:80 /c?d 1.1"},
	{"schemes have no case: RFC 3986, 3.1", "GET HttpS://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "GET b / 1.1"},
	{"absolute form, no path: RFC 9112, 3.2.1", "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET b / 1.1"},
	{"absolute form, query only: RFC 9112, 3.2.1", "GET http://b?c/d HTTP/1.1\r\nHost: a\r\n\r\n", "GET b /?c/d 1.1"},
	{"absolute form of asterisk: RFC 9112, 3.2.4", "OPTIONS http://b:1 HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS b:1 * 1.1"},
	{"asterisk form: RFC 9112, 3.2.4", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS a * 1.1"},
	{"authority form: RFC 9112, 3.2.3", "CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT b:443  1.1"},

	{"port: RFC 3986, 3.2.3", "GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n", "GET a:65535 / 1.1"},
	{"empty port: RFC 3986, 3.2.3", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET a: / 1.1"},
	{"IPv6: RFC 3986, 3.2.2", "GET / HTTP/1.1\r\nHost: [2001:db8::1.2.3.4]:8\r\n\r\n", "GET [2001:db8::1.2.3.4]:8 / 1.1"},
	{"registered name: RFC 3986, 3.2.2", "GET / HTTP/1.1\r\nHost: a_-.~!$&'()*+,;=\r\n\r\n", "GET a_-.~!$&'()*+,;= / 1.1"},

	{"1.0 without Host: RFC 9112, 3.2", "GET / HTTP/1.0\r\n\r\n", "GET  / 1.0 close"},
	{"1.0 with Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET a / 1.0 close"},
	{"1.0 keeps alive if asked: RFC 9112, 9.3", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET  / 1.0 -Connection"},
	{"close wins: RFC 9112, 9.3", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET  / 1.0 close -Connection"},
	{"1.1 closes if told: RFC 9112, 9.6", get("Connection: ,x , CLOSE,"), "GET a / 1.1 close -Connection"},
	{"Proxy-Connection says nothing: RFC 9112, C.2.2", get("Proxy-Connection: close"), "GET a / 1.1 -Proxy-Connection"},
	{"an option is a whole element: RFC 9110, 7.6.1", get("Connection: not-close, close2, close x"), "GET a / 1.1 -Connection"},

	{"hop-by-hop: RFC 9110, 7.6.1", get("TE: trailers", "Keep-Alive: x", "Upgrade: y", "HTTP2-Settings: z"), "GET a / 1.1 -TE -Keep-Alive -Upgrade -HTTP2-Settings"},
	{"Trailer stays: RFC 9110, 6.6.2", get("Trailer: x", "Connection: trailer"), "GET a / 1.1 -Connection"},
	{"named by Connection: RFC 9110, 7.6.1", get("X-a: 1", "Connection: b, x-A", "B: 2", "x-A: 3", "X-ab: 4", "Connection: c", "C: 5"), "GET a / 1.1 -X-a -Connection -B -x-A -Connection -C"},
	{"a name is no prefix", get("Connection: x_^", "X~^: 1", "X_~: 2", "x_^: 3"), "GET a / 1.1 -Connection -x_^"},
	{"end-to-end though named: RFC 9110, 7.6.1", get("Connection: host, cookie, x-forwarded-for", "Cookie: a=b", "X-Forwarded-For: c"), "GET a / 1.1 -Connection"},

	{"length: RFC 9112, 6.2", get("Content-Length: 9223372036854775807"), "GET a / 1.1 length=9223372036854775807 -Content-Length"},
	{"length 0", get("Content-Length: 0"), "GET a / 1.1 length=0 -Content-Length"},
	{"leading zeros are digits: RFC 9110, 8.6", get("Content-Length: 0000000000000000000000012"), "GET a / 1.1 length=12 -Content-Length"},
	{"same length twice: RFC 9112, 6.3", get("Content-Length: 5", "Content-Length: 5"), "GET a / 1.1 length=5 -Content-Length -Content-Length"},
	{"chunked: RFC 9112, 7.1", get("Transfer-Encoding: cHUNKED"), "GET a / 1.1 chunked -Transfer-Encoding"},

	{"expect: RFC 9110, 10.1.1", get("Expect: 100-Continue", "Content-Length: 1"), "GET a / 1.1 length=1 expect -Content-Length"},
	{"1.0 expects nothing: RFC 9110, 10.1.1", "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "GET  / 1.0 close"},
	{"1.0 expects nothing else: RFC 9110, 10.1.1", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "GET  / 1.0 close"},

	{"upgrade: RFC 9110, 7.8", get("Connection: keep-alive, upgrade", "Upgrade: WebSocket"), "GET a / 1.1 upgrade=WebSocket -Connection -Upgrade"},
	{"upgrade not named: RFC 9110, 7.8", get("Upgrade: websocket"), "GET a / 1.1 -Upgrade"},
	{"upgrade in 1.0: RFC 9110, 7.8", "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", "GET  / 1.0 close -Connection -Upgrade"},
	{"h2c: RFC 9113, 3.1", get("Connection: upgrade, http2-settings", "Upgrade: H2C", "HTTP2-Settings: x"), "GET a / 1.1 -Connection -Upgrade -HTTP2-Settings"},
	{"h2c in a list", get("Connection: upgrade", "Upgrade: websocket, h2c"), "GET a / 1.1 -Connection -Upgrade"},
	{"h2c in a second line", get("Connection: upgrade", "Upgrade: websocket", "Upgrade: h2c"), "GET a / 1.1 -Connection -Upgrade -Upgrade"},
	{"upgrade with body", get("Connection: upgrade", "Upgrade: websocket", "Content-Length: 1"), "GET a / 1.1 length=1 -Connection -Upgrade -Content-Length"},
	{"upgrade with chunked body", get("Connection: upgrade", "Upgrade: websocket", "Transfer-Encoding: chunked"), "GET a / 1.1 chunked -Connection -Upgrade -Transfer-Encoding"},
}

var badRequests = []struct {
	name, raw string
	want      error
}{
	{"no method: RFC 9112, 3", " / HTTP/1.1\r\nHost: a\r\n\r\n", ErrMethod},
	{"method: RFC 9110, 9.1", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", ErrMethod},
	{"tab after method: RFC 9112, 3", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", ErrMethod},
	{"TLS: RFC 8446, 5.1", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ErrMethod},
	{"two empty lines first", "\r\n\r\n" + get(), ErrMethod},
	{"CR first", "\rGET / HTTP/1.1\r\n\r\n", ErrBareCR},
	{"LF first: RFC 9112, 2.2", "\nGET / HTTP/1.1\r\n\r\n", ErrMethod},
	{"method too long: RFC 9112, 3", strings.Repeat("A", maxMethodBytes+1) + " / HTTP/1.1\r\n\r\n", ErrMethodLength},
	{"two spaces: RFC 9112, 3", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ErrRequestLine},
	{"space in target: RFC 9112, 3.2", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", ErrVersion},
	{"two spaces before version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", ErrVersion},
	{"space after version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", ErrVersion},

	{"HTTP/0.9: RFC 9112, 3", "GET /\r\n\r\n", ErrHTTP09},
	{"HTTP/0.9, bare LF", "GET /\n", ErrHTTP09},
	{"no version: RFC 9112, 3", "GET / \r\n\r\n", ErrVersion},
	{"HTTP/0.9 named: RFC 9110, 2.5", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", ErrVersionNumber},
	{"HTTP/2: RFC 9110, 2.5", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", ErrVersionNumber},
	{"HTTP/2 preface: RFC 9113, 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ErrPreface},
	{"version, no minor: RFC 9112, 2.3", "GET / HTTP/1\r\nHost: a\r\n\r\n", ErrVersion},
	{"version, two digits: RFC 9112, 2.3", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", ErrVersion},
	{"version, sign", "GET / HTTP/1.+\r\nHost: a\r\n\r\n", ErrVersion},
	{"version, comma", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", ErrVersion},
	{"version in lower case: RFC 9112, 2.3", "GET / http/1.1\r\nHost: a\r\n\r\n", ErrVersion},
	{"another protocol", "GET / ICAP/1.0\r\nHost: a\r\n\r\n", ErrVersion},
	{"LF after version: RFC 9112, 2.2", "GET / HTTP/1.1\nHost: a\r\n\r\n", ErrBareLF},
	{"CR after version: RFC 9112, 2.2", "GET / HTTP/1.1\rHost: a\r\n\r\n", ErrBareCR},
	{"short, LF: RFC 9112, 2.2", "GET / HTTP/1\n", ErrVersion},

	{"control in target: RFC 9112, 3.2", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", ErrTarget},
	{"DEL in target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", ErrTarget},
	{"high byte in target: RFC 3986, 2", "GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n", ErrTarget},
	{"fragment: RFC 9112, 3.2", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", ErrTarget},
	{"tab in target", "GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", ErrTarget},
	{"escape in path: RFC 3986, 2.1", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetEscape},
	{"half an escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetEscape},
	{"no escape", "GET /%?41 HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetEscape},
	{"escape in absolute path", "GET http://b/% HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetEscape},
	{"no form: RFC 9112, 3.2", "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"query alone", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"asterisk with GET: RFC 9112, 3.2.4", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"asterisk with more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"authority with GET: RFC 9112, 3.2.3", "GET b:443 HTTP/1.1\r\nHost: a\r\n\r\n", ErrScheme},
	{"CONNECT to a path: RFC 9112, 3.2.3", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"CONNECT, no port: RFC 9110, 9.3.6", "CONNECT b HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"CONNECT, empty port: RFC 9110, 9.3.6", "CONNECT b: HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"CONNECT, absolute", "CONNECT http://b:1/ HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"scheme: RFC 9110, 4.2", "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n", ErrScheme},
	{"scheme without authority", "GET http:/b HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetForm},
	{"empty authority: RFC 9110, 4.2.1", "GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", ErrHost},
	{"user in target: RFC 9110, 4.2.4", "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", ErrHost},

	{"no Host: RFC 9112, 3.2", "GET / HTTP/1.1\r\n\r\n", ErrHostMissing},
	{"no Host with absolute form: RFC 9112, 3.2", "GET http://b/ HTTP/1.1\r\n\r\n", ErrHostMissing},
	{"two Hosts: RFC 9112, 3.2", get("Host: a"), ErrHostTwice},
	{"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", ErrHostTwice},
	{"empty Host: RFC 9110, 4.2.1", "GET / HTTP/1.1\r\nHost:\r\n\r\n", ErrHost},
	{"Host with path: RFC 9112, 3.2", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", ErrHost},
	{"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", ErrHost},
	{"Host with space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", ErrHost},
	{"Host with high byte", "GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n", ErrHost},
	{"Host with escape", "GET / HTTP/1.1\r\nHost: a%41\r\n\r\n", ErrHost},
	{"Host, port only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", ErrHost},
	{"Host, port a name", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", ErrHost},
	{"Host, two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", ErrHost},
	{"Host, port too great", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", ErrHost},
	{"Host, port too long", "GET / HTTP/1.1\r\nHost: a:000080\r\n\r\n", ErrHost},
	{"IPv6 not closed: RFC 3986, 3.2.2", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", ErrHost},
	{"IPv6 empty", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", ErrHost},
	{"IPv6 with zone: RFC 9110, 4.2.2", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", ErrHost},
	{"IPv6 with tail", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", ErrHost},
	{"Host invalid though unused: RFC 9112, 3.2", "GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n", ErrHost},

	{"LF ends a line: RFC 9112, 2.2", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", ErrBareLF},
	{"LF ends the head: RFC 9112, 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\n", ErrBareLF},
	{"LF after a name", get("X\n"), ErrBareLF},
	{"CR in a value: RFC 9112, 2.2", get("X: a\rb"), ErrBareCR},
	{"CR at the end of a value", get("X: a\r"), ErrBareCR},
	{"CR after empty line: RFC 9112, 2.2", "GET / HTTP/1.1\r\nHost: a\r\n\rX", ErrBareCR},
	{"folded: RFC 9112, 5.2", get("X: a", " b"), ErrFold},
	{"folded by tab: RFC 9112, 5.2", get("X: a", "\tb: c"), ErrFold},
	{"space before the first field: RFC 9112, 2.2", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", ErrFold},
	{"space before colon: RFC 9112, 5.1", get("X : a"), ErrSpace},
	{"tab before colon: RFC 9112, 5.1", get("Transfer-Encoding\t: chunked"), ErrSpace},
	{"no name: RFC 9110, 5.1", get(": a"), ErrNameEmpty},
	{"no colon: RFC 9112, 5", get("X"), ErrColon},
	{"name: RFC 9110, 5.1", get("X(: a"), ErrName},
	{"high byte in name", get("X\x80: a"), ErrName},
	{"NUL in name", get("X\x00: a"), ErrName},
	{"NUL in value: RFC 9110, 5.5", get("X: a\x00"), ErrValue},
	{"control in value: RFC 9110, 5.5", get("X: 12345678\x0b12345678"), ErrValue},
	{"DEL in value: RFC 9110, 5.5", get("X: \x7f"), ErrValue},

	{"both framings: RFC 9112, 6.3", get("Content-Length: 5", "Transfer-Encoding: chunked"), ErrBothFramings},
	{"both, the other way: RFC 9112, 6.3", get("Transfer-Encoding: chunked", "Content-Length: 5"), ErrBothFramings},
	{"different lengths: RFC 9112, 6.3", get("Content-Length: 5", "Content-Length: 6"), ErrLengthsDiffer},
	{"same length, different digits", get("Content-Length: 5", "Content-Length: 05"), ErrLengthsDiffer},
	{"length a list: RFC 9110, 8.6", get("Content-Length: 5, 5"), ErrContentLength},
	{"length plus: RFC 9110, 8.6", get("Content-Length: +5"), ErrContentLength},
	{"length minus: RFC 9110, 8.6", get("Content-Length: -5"), ErrContentLength},
	{"length hexadecimal", get("Content-Length: 0x5"), ErrContentLength},
	{"length with space", get("Content-Length: 5 5"), ErrContentLength},
	{"length empty", get("Content-Length:"), ErrContentLength},
	{"length 2^63: RFC 9110, 8.6", get("Content-Length: 9223372036854775808"), ErrContentLength},
	{"length 2^64", get("Content-Length: 18446744073709551616"), ErrContentLength},
	{"second length bad", get("Content-Length: 5", "Content-Length: 5x"), ErrContentLength},

	{"coding: RFC 9112, 6.1", get("Transfer-Encoding: gzip"), ErrCodingLast},
	{"gzip in chunks: RFC 9112, 6.1", get("Transfer-Encoding: gzip, chunked"), ErrCoding},
	{"chunked not last: RFC 9112, 6.3", get("Transfer-Encoding: chunked, gzip"), ErrCodingLast},
	{"chunked twice: RFC 9112, 6.1", get("Transfer-Encoding: chunked, chunked"), ErrCodingLast},
	{"chunked in two lines: RFC 9112, 6.1", get("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), ErrCodingLast},
	{"identity: RFC 9112, 7", get("Transfer-Encoding: identity"), ErrCodingLast},
	{"a list in two lines: RFC 9110, 5.3", get("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), ErrCoding},
	{"chunked, then another line: RFC 9112, 6.3", get("Transfer-Encoding: chunked", "Transfer-Encoding: gzip"), ErrCodingLast},
	{"gzip with a parameter, then chunked: RFC 9112, 7", get("Transfer-Encoding: gzip;q=1, chunked"), ErrCoding},
	{"an element that is empty", get("Transfer-Encoding: ,chunked"), ErrCodingLast},
	{"an element that is no token", get("Transfer-Encoding: g zip, chunked"), ErrCodingLast},
	{"identity, then chunked", get("Transfer-Encoding: identity", "Transfer-Encoding: chunked"), ErrCoding},
	{"coding empty", get("Transfer-Encoding:"), ErrCodingLast},
	{"chunked with comma", get("Transfer-Encoding: chunked,"), ErrCodingLast},
	{"chunked with parameter: RFC 9112, 7.1", get("Transfer-Encoding: chunked;q=1"), ErrCodingLast},
	{"chunked in quotes", get("Transfer-Encoding: \"chunked\""), ErrCodingLast},
	{"almost chunked", get("Transfer-Encoding: xchunked"), ErrCodingLast},
	{"vertical tab before chunked", get("Transfer-Encoding: \x0bchunked"), ErrValue},
	{"coding in 1.0: RFC 9112, 6.1", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ErrCodingIn10},

	{"expectation: RFC 9110, 10.1.1", get("Expect: 200-ok"), ErrExpect},
	{"options: RFC 9110, 7.6.1", get("Connection: " + strings.Repeat("x,", maxConnectionOptions+1)), ErrOptionCount},
	{"options in lines", get(strings.Repeat("Connection: x\r\n", maxConnectionOptions) + "Connection: close"), ErrOptionCount},
	{"fields: RFC 6585, 5", get(strings.Repeat("X: y\r\n", MaxFields-1) + "X: y"), ErrFieldCount},
	{"target: RFC 9112, 3", "GET /" + strings.Repeat("a", MaxTargetBytes) + " HTTP/1.1\r\nHost: a\r\n\r\n", ErrTargetLength},
	{"head: RFC 6585, 5", get("X: " + strings.Repeat("a", MaxHeadBytes)), ErrHeadLength},
	{"head, one byte too long", padded(MaxHeadBytes + 1), ErrHeadLength},
}

// padded returns a request head of n bytes.
func padded(n int) string {
	return get("X: " + strings.Repeat("a", n-len(get("X: "))))
}

func TestGoodRequests(t *testing.T) {
	for _, tt := range goodRequests {
		t.Run(tt.name, func(t *testing.T) {
			var r Request
			n, err := r.Parse([]byte(tt.raw + "next"))
			if n != len(tt.raw) || err != nil {
				t.Fatalf("%q: got %d, %v, want %d", tt.raw, n, err, len(tt.raw))
			}
			if got := summary(&r); got != tt.want {
				t.Errorf("%q:\n got %s\nwant %s", tt.raw, got, tt.want)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	for _, tt := range badRequests {
		t.Run(tt.name, func(t *testing.T) {
			var r Request
			if n, err := r.Parse([]byte(tt.raw)); n != 0 || err != tt.want {
				t.Errorf("%.200q: got %d, %v, want %v", tt.raw, n, err, tt.want)
			}
		})
	}
}

// Requests just within the limits are accepted.
func TestRequestLimits(t *testing.T) {
	for name, raw := range map[string]string{
		"method":  strings.Repeat("A", maxMethodBytes) + " / HTTP/1.1\r\nHost: a\r\n\r\n",
		"target":  "GET /" + strings.Repeat("a", MaxTargetBytes-1) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"line":    "\r\n" + strings.Repeat("A", maxMethodBytes) + " /" + strings.Repeat("a", MaxTargetBytes-1) + " HTTP/1.1\r\nHost: a\r\n\r\n",
		"head":    padded(MaxHeadBytes),
		"fields":  get(strings.Repeat("X: y\r\n", MaxFields-2) + "X: y"),
		"options": get("Connection: " + strings.Repeat(",x,", maxConnectionOptions)),
	} {
		var r Request
		if n, err := r.Parse([]byte(raw)); n != len(raw) || err != nil {
			t.Errorf("%s: got %d, %v, want %d", name, n, err, len(raw))
		}
		if n, err := parsePieces(&r, []byte(raw)); n != len(raw) || err != nil {
			t.Errorf("%s, byte by byte: got %d, %v, want %d", name, n, err, len(raw))
		}
	}
}

// parsePieces parses raw as it arrives byte by byte.
func parsePieces(r *Request, raw []byte) (n int, err error) {
	for i := range len(raw) + 1 {
		if n, err = r.Parse(raw[:i]); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, nil
}

// A request cut off anywhere is unfinished, never a shorter request.
func TestRequestPrefixes(t *testing.T) {
	for _, tt := range goodRequests {
		for i := range tt.raw {
			var r Request
			if n, err := r.Parse([]byte(tt.raw[:i])); n != 0 || err != nil {
				t.Errorf("%q: got %d, %v, want it unfinished", tt.raw[:i], n, err)
			}
		}
	}
}

// A request that arrives byte by byte is parsed like one that arrives at once, in
// a buffer that stays in place or moves each time.
func TestRequestByteByByte(t *testing.T) {
	var staying, moving Request
	for _, tt := range goodRequests {
		n, err := parsePieces(&staying, []byte(tt.raw))
		if got := summary(&staying); n != len(tt.raw) || err != nil || got != tt.want {
			t.Errorf("%q:\n got %d, %v, %s\nwant %s", tt.raw, n, err, got, tt.want)
		}
		for i := range len(tt.raw) + 1 {
			n, err = moving.Parse([]byte(tt.raw[:i]))
		}
		if got := summary(&moving); n != len(tt.raw) || err != nil || got != tt.want {
			t.Errorf("%q, moving:\n got %d, %v, %s\nwant %s", tt.raw, n, err, got, tt.want)
		}
	}
	for _, tt := range badRequests {
		raw := []byte(tt.raw + "\r\n\r\n") // some errors show only at the end of a line
		if n, err := parsePieces(&staying, raw); n != 0 || err == nil {
			t.Errorf("%s: %.200q: got %d, %v, want %v", tt.name, tt.raw, n, err, tt.want)
		}
	}
}

// Bytes that can still become a request are not refused; others are refused at
// once.
func TestUnfinishedRequestIsBounded(t *testing.T) {
	var r Request
	endless := []byte("GET /" + strings.Repeat("a", MaxHeadBytes))
	n, err := parsePieces(&r, endless)
	if n != 0 || err != ErrTargetLength {
		t.Errorf("endless target: got %d, %v, want %v", n, err, ErrTargetLength)
	}
	endless = []byte("GET / HTTP/1.1\r\nX: " + strings.Repeat("a", MaxHeadBytes))
	n, err = parsePieces(&r, endless)
	if n != 0 || err != ErrHeadLength {
		t.Errorf("endless field: got %d, %v, want %v", n, err, ErrHeadLength)
	}
}

// A head in small pieces costs as many steps as it has bytes: each is searched
// once, and lines are parsed once when they are complete.
func TestSlowHeadIsNotReadAgain(t *testing.T) {
	raw := []byte(get("A: b", "C: d"))
	var r Request
	for i := range raw {
		if n, err := r.Parse(raw[:i]); n != 0 || err != nil {
			t.Fatalf("%q: got %d, %v", raw[:i], n, err)
		}
		if i > 0 && r.searched != i {
			t.Fatalf("%q: %d bytes searched", raw[:i], r.searched)
		}
		if want := strings.LastIndexByte(string(raw[:i]), '\n') + 1; r.line != want {
			t.Fatalf("%q: goes on at %d, want %d", raw[:i], r.line, want)
		}
	}
}

// Reset discards the beginning of another request in the same memory.
func TestRequestReset(t *testing.T) {
	buf := []byte("PUT /other HTTP/1.1\r\nHost: other\r\nX")
	var r Request
	if n, err := r.Parse(buf); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	r.Reset()
	if r.Method != nil || r.Target != nil || len(r.Fields) != 0 {
		t.Errorf("got %s %s, %d fields after Reset", r.Method, r.Target, len(r.Fields))
	}
	buf = append(buf[:0], get()...)
	if n, err := r.Parse(buf); n != len(buf) || err != nil || summary(&r) != "GET a / 1.1" {
		t.Errorf("got %d, %v, %s", n, err, summary(&r))
	}
}

// The fields that the access log shows of a refused request are set.
func TestRefusedRequestIsKnown(t *testing.T) {
	var r Request
	if _, err := r.Parse([]byte("GET /secret HTTP/1.1\r\nHost : a\r\n\r\n")); err != ErrSpace {
		t.Fatal(err)
	}
	if string(r.Method) != "GET" || string(r.Target) != "/secret" {
		t.Errorf("got %q %q", r.Method, r.Target)
	}
}

// Nothing of a request remains in the next one.
func TestRequestIsUsedAgain(t *testing.T) {
	var r Request
	for range 2 {
		for _, tt := range goodRequests {
			if _, err := r.Parse([]byte(tt.raw)); err != nil || summary(&r) != tt.want {
				t.Errorf("%q:\n got %v, %s\nwant %s", tt.raw, err, summary(&r), tt.want)
			}
			_, _ = r.Parse([]byte(badRequests[len(tt.raw)%len(badRequests)].raw))
		}
	}
}

func TestParseRequestDoesNotAllocate(t *testing.T) {
	var raws [][]byte
	for _, tt := range goodRequests {
		raws = append(raws, []byte(tt.raw))
	}
	for _, tt := range badRequests {
		raws = append(raws, []byte(tt.raw))
	}
	var r Request
	n := testing.AllocsPerRun(10, func() {
		for _, raw := range raws {
			_, _ = r.Parse(raw)
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

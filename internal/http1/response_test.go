package http1

import (
	"fmt"
	"strings"
	"testing"
)

// told formats a response in one line for the tables below.
func told(r *Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "1.%d %d %s", r.Minor, r.Status, r.Reason)
	if r.Length >= 0 {
		fmt.Fprintf(&b, " length=%d", r.Length)
	}
	b.WriteString([]string{" no body", "", " chunked", " until close"}[r.Framing])
	if !r.KeepAlive {
		b.WriteString(" close")
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

var goodResponses = []struct {
	name, raw string
	toHead    bool
	want      string
}{
	{name: "length", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", want: "1.1 200 OK length=5 -Content-Length"},
	{name: "length 0", raw: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", want: "1.1 404 Not Found length=0 -Content-Length"},
	{name: "chunked: RFC 9112, 6.3", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", want: "1.1 200 OK chunked -Transfer-Encoding"},
	{name: "until close: RFC 9112, 6.3", raw: "HTTP/1.1 200 OK\r\n\r\n", want: "1.1 200 OK until close close"},
	{name: "until close whatever it says", raw: "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", want: "1.1 200 OK until close close -Connection"},
	{name: "close: RFC 9112, 9.6", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", want: "1.1 200 OK length=5 close -Content-Length -Connection"},

	{name: "1.0: RFC 9112, 9.3", raw: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", want: "1.0 200 OK length=5 close -Content-Length"},
	{name: "1.0 keep-alive: RFC 9112, 9.3", raw: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", want: "1.0 200 OK length=5 -Content-Length -Connection"},
	{name: "1.0 until close", raw: "HTTP/1.0 200 OK\r\n\r\n", want: "1.0 200 OK until close close"},
	{name: "higher minor version: RFC 9110, 2.5", raw: "HTTP/1.7 200 OK\r\nContent-Length: 5\r\n\r\n", want: "1.1 200 OK length=5 -Content-Length"},

	{name: "HEAD: RFC 9112, 6.3", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", toHead: true, want: "1.1 200 OK length=5 no body -Content-Length"},
	{name: "HEAD, chunked", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", toHead: true, want: "1.1 200 OK no body -Transfer-Encoding"},
	{name: "HEAD without framing", raw: "HTTP/1.1 200 OK\r\n\r\n", toHead: true, want: "1.1 200 OK no body"},
	{name: "304: RFC 9112, 6.3", raw: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", want: "1.1 304 Not Modified length=5 no body -Content-Length"},
	{name: "304, chunked", raw: "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", want: "1.1 304 Not Modified no body -Transfer-Encoding"},
	{name: "204: RFC 9112, 6.3", raw: "HTTP/1.1 204 No Content\r\n\r\n", want: "1.1 204 No Content no body"},
	{name: "204 has no length: RFC 9110, 8.6", raw: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", want: "1.1 204 No Content no body -Content-Length"},
	{name: "204 has no coding: RFC 9112, 6.1", raw: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", want: "1.1 204 No Content no body -Transfer-Encoding"},
	{name: "205 is like any other", raw: "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", want: "1.1 205 Reset Content length=0 -Content-Length"},

	{name: "100: RFC 9110, 15.2", raw: "HTTP/1.1 100 Continue\r\n\r\n", want: "1.1 100 Continue no body"},
	{name: "103: RFC 8297", raw: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", want: "1.1 103 Early Hints no body"},
	{name: "1xx has no length: RFC 9110, 8.6", raw: "HTTP/1.1 199 x\r\nContent-Length: 5\r\n\r\n", want: "1.1 199 x no body -Content-Length"},
	{name: "1xx with both framings: RFC 9112, 6.3", raw: "HTTP/1.1 103 x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", want: "1.1 103 x no body close -Content-Length -Transfer-Encoding"},
	{name: "304 with a list of lengths: RFC 9112, 6.3", raw: "HTTP/1.1 304 x\r\nContent-Length: 10, 10\r\n\r\n", want: "1.1 304 x no body close -Content-Length"},
	{name: "304 with lengths that differ", raw: "HTTP/1.1 304 x\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\n", want: "1.1 304 x no body close -Content-Length -Content-Length"},
	{name: "204 with an unknown coding", raw: "HTTP/1.1 204 x\r\nTransfer-Encoding: gzip\r\n\r\n", want: "1.1 204 x no body close -Transfer-Encoding"},
	{name: "to HEAD with both framings", raw: "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", toHead: true, want: "1.1 200 x no body close -Transfer-Encoding -Content-Length"},
	{name: "to HEAD with a length that is none", raw: "HTTP/1.1 200 x\r\nContent-Length: -1\r\n\r\n", toHead: true, want: "1.1 200 x no body close -Content-Length"},
	{name: "to HEAD in chunks of HTTP/1.0", raw: "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n", toHead: true, want: "1.0 200 x no body close -Transfer-Encoding -Connection"},
	{name: "101: RFC 9110, 15.2.2", raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", want: "1.1 101 Switching Protocols no body close upgrade=websocket -Connection -Upgrade"},
	{name: "101 without Upgrade", raw: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n", want: "1.1 101 Switching Protocols no body close -Connection"},
	{name: "101 without Connection", raw: "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n", want: "1.1 101 x no body close upgrade=websocket -Upgrade"},
	{name: "426 offers: RFC 9110, 15.5.22", raw: "HTTP/1.1 426 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", want: "1.1 426 x length=0 -Connection -Upgrade -Content-Length"},

	{name: "empty reason: RFC 9112, 4", raw: "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\n", want: "1.1 200  length=5 -Content-Length"},
	{name: "no space for a reason", raw: "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", want: "1.1 200  length=5 -Content-Length"},
	{name: "obs-text in reason: RFC 9112, 4", raw: "HTTP/1.1 200 \xe4\tb  c\r\nContent-Length: 5\r\n\r\n", want: "1.1 200 \xe4\tb  c length=5 -Content-Length"},
	{name: "status over 599: RFC 9110, 15", raw: "HTTP/1.1 999 Denied\r\nContent-Length: 5\r\n\r\n", want: "1.1 999 Denied length=5 -Content-Length"},
	{name: "same length twice: RFC 9112, 6.3", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", want: "1.1 200 OK length=5 -Content-Length -Content-Length"},
	{name: "named by Connection: RFC 9110, 7.6.1", raw: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: X\r\nX: y\r\nKeep-Alive: timeout=5\r\n\r\n", want: "1.1 200 OK length=5 -Content-Length -Connection -X -Keep-Alive"},
	{name: "Host and Expect mean nothing here", raw: "HTTP/1.1 204 x\r\nHost:\r\nHost:\r\nExpect: y\r\n\r\n", want: "1.1 204 x no body"},
}

var badResponses = []struct {
	name, raw string
	want      error
}{
	{"another protocol: RFC 9112, 4", "ICY 200 OK\r\n\r\n", ErrStatusLine},
	{"garbage", "\x00\x01\x02", ErrStatusLine},
	{"HTTP/0.9", "<html>\r\n", ErrStatusLine},
	{"empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", ErrStatusLine},
	{"HTTP/2: RFC 9112, 2.3", "HTTP/2.0 200 OK\r\n\r\n", ErrStatusLine},
	{"no minor version", "HTTP/1 200 OK\r\n\r\n", ErrStatusLine},
	{"minor version no digit", "HTTP/1.x 200 OK\r\n\r\n", ErrStatusLine},
	{"minor version of two digits", "HTTP/1.11 200 OK\r\n\r\n", ErrStatusLine},
	{"version in lower case", "http/1.1 200 OK\r\n\r\n", ErrStatusLine},
	{"two spaces", "HTTP/1.1  200 OK\r\n\r\n", ErrStatusLine},
	{"tab", "HTTP/1.1\t200 OK\r\n\r\n", ErrStatusLine},
	{"status of two digits: RFC 9112, 4", "HTTP/1.1 20 OK\r\n\r\n", ErrStatusLine},
	{"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", ErrStatusLine},
	{"status with sign", "HTTP/1.1 +20 OK\r\n\r\n", ErrStatusLine},
	{"status under 100: RFC 9110, 15", "HTTP/1.1 099 OK\r\n\r\n", ErrStatus},
	{"no status", "HTTP/1.1\r\n\r\n", ErrStatusLine},
	{"no status, short", "HTTP/1.1\n", ErrStatusLine},
	{"tab after status", "HTTP/1.1 200\tOK\r\n\r\n", ErrStatusLine},
	{"LF after status: RFC 9112, 2.2", "HTTP/1.1 200\nX: yyyy\r\n\r\n", ErrStatusLine},
	{"LF after reason: RFC 9112, 2.2", "HTTP/1.1 200 OK\n\r\n", ErrBareLF},
	{"CR in reason", "HTTP/1.1 200 O\rK\r\n\r\n", ErrBareCR},
	{"NUL in reason: RFC 9112, 4", "HTTP/1.1 200 O\x00K\r\n\r\n", ErrValue},
	{"folded: RFC 9112, 5.2", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", ErrFold},
	{"space before colon: RFC 9112, 5.1", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", ErrSpace},
	{"both framings: RFC 9112, 6.3", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", ErrBothFramings},
	{"different lengths: RFC 9112, 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 5\r\n\r\n", ErrLengthsDiffer},
	{"length a list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", ErrContentLength},
	{"coding: RFC 9112, 6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ErrCoding},
	{"coding in 1.0: RFC 9112, 6.1", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ErrCodingIn10},
	{"head too long", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("a", MaxHeadBytes), ErrHeadLength},
	{"reason too long", "HTTP/1.1 200 " + strings.Repeat("a", MaxHeadBytes), ErrHeadLength},
	{"too many fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", MaxFields+1), ErrFieldCount},
}

func TestGoodResponses(t *testing.T) {
	for _, tt := range goodResponses {
		t.Run(tt.name, func(t *testing.T) {
			var r Response
			n, err := r.Parse([]byte(tt.raw+"next"), tt.toHead)
			if n != len(tt.raw) || err != nil {
				t.Fatalf("%q: got %d, %v, want %d", tt.raw, n, err, len(tt.raw))
			}
			if got := told(&r); got != tt.want {
				t.Errorf("%q:\n got %s\nwant %s", tt.raw, got, tt.want)
			}
		})
	}
}

func TestBadResponses(t *testing.T) {
	for _, tt := range badResponses {
		t.Run(tt.name, func(t *testing.T) {
			var r Response
			if n, err := r.Parse([]byte(tt.raw), false); n != 0 || err != tt.want {
				t.Errorf("%.200q: got %d, %v, want %v", tt.raw, n, err, tt.want)
			}
		})
	}
}

// A response cut off anywhere is unfinished, never a shorter response.
func TestResponsePrefixes(t *testing.T) {
	for _, tt := range goodResponses {
		for i := range tt.raw {
			var r Response
			if n, err := r.Parse([]byte(tt.raw[:i]), tt.toHead); n != 0 || err != nil {
				t.Errorf("%q: got %d, %v, want it unfinished", tt.raw[:i], n, err)
			}
		}
	}
}

func TestResponseByteByByte(t *testing.T) {
	var r Response
	pieces := func(raw []byte, toHead bool) (n int, err error) {
		for i := range len(raw) + 1 {
			if n, err = r.Parse(raw[:i], toHead); n > 0 || err != nil {
				break
			}
		}
		return n, err
	}
	for _, tt := range goodResponses {
		n, err := pieces([]byte(tt.raw), tt.toHead)
		if got := told(&r); n != len(tt.raw) || err != nil || got != tt.want {
			t.Errorf("%q:\n got %d, %v, %s\nwant %s", tt.raw, n, err, got, tt.want)
		}
	}
	for _, tt := range badResponses {
		if n, err := pieces([]byte(tt.raw+"\r\n\r\n"), false); n != 0 || err == nil {
			t.Errorf("%s: %.200q: got %d, %v, want %v", tt.name, tt.raw, n, err, tt.want)
		}
	}
}

func TestInterim(t *testing.T) {
	for status, want := range map[int]bool{100: true, 101: false, 103: true, 199: true, 200: false, 304: false, 999: false} {
		r := Response{Status: status}
		if got := r.Interim(); got != want {
			t.Errorf("%d: got %v, want %v", status, got, want)
		}
	}
}

func TestParseResponseDoesNotAllocate(t *testing.T) {
	var raws [][]byte
	for _, tt := range goodResponses {
		raws = append(raws, []byte(tt.raw))
	}
	for _, tt := range badResponses {
		raws = append(raws, []byte(tt.raw))
	}
	var r Response
	n := testing.AllocsPerRun(10, func() {
		for _, raw := range raws {
			_, _ = r.Parse(raw, false)
		}
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

package http1

import (
	"os"
	"strings"
	"testing"
)

// Disallowed fields are dropped from the trailer section of a response, whose
// message continues (RFC 9110, 6.5.1); a request with framing or routing there is
// refused.
func TestTrailerFields(t *testing.T) {
	for _, tt := range []struct {
		name              string
		request, response string // "keeps", "drops" or "refuses"
	}{
		{"Digest", "keeps", "keeps"},
		{"ETag", "keeps", "keeps"},
		{"Server-Timing", "keeps", "keeps"},
		{"Grpc-Status", "keeps", "keeps"},
		{"Authentication-Info", "keeps", "keeps"},
		{"Proxy-Authentication-Info", "keeps", "keeps"},
		{"Content-Digest", "keeps", "keeps"},
		{"Signature", "keeps", "keeps"},
		{"Authorization-X", "keeps", "keeps"},
		{"X-Amz-Checksum-Crc32c", "keeps", "keeps"},
		{"Content-Length", "refuses", "drops"},
		{"Transfer-Encoding", "refuses", "drops"},
		{"Host", "refuses", "drops"},
		{"Content_Length", "drops", "drops"},
		{"Connection", "drops", "drops"},
		{"TE", "drops", "drops"},
		{"Upgrade", "drops", "drops"},
		{"Trailer", "drops", "drops"},
		{"Cookie", "drops", "drops"},
		{"Set-Cookie", "drops", "drops"},
		{"From", "drops", "drops"},
		{"User-Agent", "drops", "drops"},
		{"user.agent", "drops", "drops"},
		{"Server", "drops", "drops"},
		{"Allow", "drops", "drops"},
		{"Last-Modified", "drops", "drops"},
		{"Set-Cookie2", "drops", "drops"},
		{"X-Forwarded-User", "drops", "drops"},
		{"X_Forwarded_Client_Cert", "drops", "drops"},
		{"Access-Control-Allow-Origin", "drops", "drops"},
		{"Content-Security-Policy-Report-Only", "drops", "drops"},
		{"Sec-CH-Prefers-Reduced-Transparency", "drops", "drops"},
		{"Authorization", "drops", "drops"},
		{"AUTHORIZATION", "drops", "drops"},
		{"Proxy-Authorization", "drops", "drops"},
		{"Proxy_Authorization", "drops", "drops"},
		{"WWW-Authenticate", "drops", "drops"},
		{"If-Match", "drops", "drops"},
		{"If-None-Match", "drops", "drops"},
		{"if.unmodified.since", "drops", "drops"},
		{"If", "drops", "drops"},
		{"Range", "drops", "drops"},
		{"If-Range", "drops", "drops"},
		{"Expect", "drops", "drops"},
		{"Max-Forwards", "drops", "drops"},
		{"Content-Type", "drops", "drops"},
		{"Content-Encoding", "drops", "drops"},
		{"Content-Range", "drops", "drops"},
		{"Cache-Control", "drops", "drops"},
		{"Pragma", "drops", "drops"},
		{"Vary", "drops", "drops"},
		{"Location", "drops", "drops"},
		{"Origin", "drops", "drops"},
		{"Sec-Fetch-Site", "drops", "drops"},
		{"Access-Control-Request-Headers", "drops", "drops"},
		{"Destination", "drops", "drops"},
		{"X-HTTP-Method-Override", "drops", "drops"},
		{"X-Forwarded-For", "drops", "drops"},
		{"X-Forwarded-Host", "drops", "drops"},
		{"X-Real-IP", "drops", "drops"},
		{"Early-Data", "drops", "drops"},
	} {
		for _, response := range []bool{false, true} {
			want := tt.request
			if response {
				want = tt.response
			}
			if got := fateOfLine(tt.name+": 1\r\n", response); got != want {
				t.Errorf("HTTP/1.1, response %v: %s: %s, want %s", response, tt.name, got, want)
			}
			if got := fateOfField(strings.ToLower(tt.name), response); got != want {
				t.Errorf("HTTP/2, response %v: %s: %s, want %s", response, tt.name, got, want)
			}
		}
	}
}

func fateOfLine(line string, response bool) string {
	var b Body
	if b.Reset(Chunked, -1); response {
		b.ResetResponse(Chunked, -1)
	}
	_, _, err := readBody(&b, "0\r\nX: y\r\n"+line+"Z: z\r\n\r\n", 5)
	return fate(string(b.Trailers()), line, err)
}

func fateOfField(name string, response bool) string {
	lines, err := AppendTrailer(nil, []byte("X"), []byte("y"), response)
	if err == ErrName {
		lines, err = []byte("X: y\r\n"), nil // upper case is for HTTP/1.1
	}
	if err == nil {
		lines, err = AppendTrailer(lines, []byte(name), []byte("1"), response)
	}
	return fate(string(lines)+"Z: z\r\n", name+": 1\r\n", err)
}

func fate(got, line string, err error) string {
	switch {
	case err == ErrTrailer:
		return "refuses"
	case err == nil && got == "X: y\r\n"+line+"Z: z\r\n":
		return "keeps"
	case err == nil && got == "X: y\r\nZ: z\r\n":
		return "drops"
	}
	return "makes " + got
}

// No name of the table is longer than the buffer it is compared in, and the page
// for operators lists all of them.
func TestDecidingFields(t *testing.T) {
	page, err := os.ReadFile("../../docs/messages.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(strings.ToLower(string(page))), " ")
	for name := range decidingFields {
		if !decides([]byte(name)) {
			t.Errorf("%s goes on as a trailer", name)
		}
		_, last, _ := strings.Cut(name, "-")
		if !strings.Contains(text, " "+name) && !strings.Contains(text, " -"+last) {
			t.Errorf("docs/messages.md does not have %s", name)
		}
	}
	for _, prefix := range decidingPrefixes {
		if !strings.Contains(text, " "+prefix+"…") {
			t.Errorf("docs/messages.md does not have %s…", prefix)
		}
	}
}

// A trailer section of a response that is too long is shortened, but a gRPC call
// keeps its status wherever that is.
func TestLongTrailers(t *testing.T) {
	long := "x: " + strings.Repeat("y", 9<<10) + "\r\n"
	status, message := "grpc-status: 3\r\n", "Grpc-Message: no\r\n"
	huge := "x: " + strings.Repeat("y", 2*MaxHeadBytes) + "\r\n"
	for _, tt := range []struct{ name, lines, want string }{
		{"9 KiB", status + message + long, status + message + long},
		{"the end is dropped", status + message + strings.Repeat(long, 20), status + message + strings.Repeat(long, 7)},
		{"the status is last", strings.Repeat(long, 20) + message + status, strings.Repeat(long, 7) + message + status},
		{"the status is last and has no room", long + "z: " + strings.Repeat("y", MaxHeadBytes-len(long)-len("z: \r\n")) + "\r\n" + status + message, status + message},
		{"one line is too long", status + huge + message, status + message},
		{"one line is too long and first", huge + message + status, message + status},
		{"the message is too long", "grpc-message: " + strings.Repeat("y", MaxHeadBytes) + "\r\n" + status, status},
	} {
		for _, step := range []int{1 << 20, 1000, 1} {
			var b Body
			b.ResetResponse(Chunked, -1)
			_, _, err := readBody(&b, "0\r\n"+tt.lines+"\r\n", step)
			if got := string(b.Trailers()); err != nil || got != tt.want {
				t.Errorf("%s, %d bytes at a time: got %d bytes %.80q, %v, want %d bytes %.80q", tt.name, step, len(got), got, err, len(tt.want), tt.want)
			}
		}
		var got []byte
		for line := range strings.SplitSeq(strings.TrimSuffix(tt.lines, "\r\n"), "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			var err error
			if got, err = AppendTrailer(got, []byte(strings.ToLower(name)), []byte(value), true); err != nil {
				t.Fatal(err)
			}
		}
		if want := strings.ToLower(tt.want); string(got) != want {
			t.Errorf("%s, HTTP/2: got %d bytes %.80q, want %d bytes %.80q", tt.name, len(got), got, len(want), want)
		}
	}
}

// A trailer section that does not end is aborted.
func TestEndlessTrailers(t *testing.T) {
	var b Body
	b.ResetResponse(Chunked, -1)
	if _, _, err := readBody(&b, "0\r\n"+strings.Repeat("TE: y\r\n", maxResponseTrailers/7+1), 1<<20); err != ErrTrailerLength {
		t.Errorf("got %v", err)
	}
}

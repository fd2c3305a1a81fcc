package http2

import (
	"strings"
	"testing"

	"elbow/internal/fieldcode"
	"elbow/internal/http1"
)

// list makes a header list of lines "name: value".
func list(lines ...string) (fields []fieldcode.Field) {
	for _, l := range lines {
		name, value, _ := strings.Cut(l[1:], ": ")
		fields = append(fields, fieldcode.Field{Name: []byte(l[:1] + name), Value: []byte(value)})
	}
	return fields
}

var start = []string{":method: GET", ":scheme: https", ":authority: a", ":path: /"}

func with(more ...string) []fieldcode.Field { return list(append(start[:4:4], more...)...) }

func TestRequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields []fieldcode.Field
		body   bool
		want   error
	}{
		{"simple", with(), false, nil},
		{"Host for authority", list(":method: GET", ":scheme: https", ":path: /", "host: a"), false, nil},
		{"Host as authority", with("host: A"), false, nil},
		{"other Host", with("host: b"), false, http1.ErrHost},
		{"two Hosts", with("host: a", "host: a"), false, http1.ErrHostTwice},
		{"no authority", list(":method: GET", ":scheme: https", ":path: /"), false, http1.ErrHostMissing},
		{"empty authority", list(":method: GET", ":scheme: https", ":authority: ", ":path: /", "host: a"), false, http1.ErrHostMissing},
		{"user in authority", list(":method: GET", ":scheme: https", ":authority: u@a", ":path: /"), false, http1.ErrHost},
		{"no method", list(":scheme: https", ":authority: a", ":path: /"), false, http1.ErrMethod},
		{"method with space", list(":method: GET /x", ":scheme: https", ":authority: a", ":path: /"), false, http1.ErrMethod},
		{"long method", list(":method: "+strings.Repeat("X", 33), ":scheme: https", ":authority: a", ":path: /"), false, http1.ErrMethodLength},
		{"no scheme", list(":method: GET", ":authority: a", ":path: /"), false, http1.ErrScheme},
		{"other scheme", list(":method: GET", ":scheme: ftp", ":authority: a", ":path: /"), false, http1.ErrScheme},
		{"no path", list(":method: GET", ":scheme: https", ":authority: a"), false, http1.ErrTargetForm},
		{"empty path", list(":method: GET", ":scheme: https", ":authority: a", ":path: "), false, http1.ErrTargetForm},
		{"relative path", list(":method: GET", ":scheme: https", ":authority: a", ":path: x"), false, http1.ErrTargetForm},
		{"path with space", list(":method: GET", ":scheme: https", ":authority: a", ":path: / HTTP/1.1"), false, http1.ErrTarget},
		{"path with CR LF", list(":method: GET", ":scheme: https", ":authority: a", ":path: /\r\nX: y"), false, http1.ErrTarget},
		{"path with fragment", list(":method: GET", ":scheme: https", ":authority: a", ":path: /#x"), false, http1.ErrTarget},
		{"broken escape", list(":method: GET", ":scheme: https", ":authority: a", ":path: /%2"), false, http1.ErrTargetEscape},
		{"long path", list(":method: GET", ":scheme: https", ":authority: a", ":path: /"+strings.Repeat("x", http1.MaxTargetBytes)), false, http1.ErrTargetLength},
		{"asterisk", list(":method: OPTIONS", ":scheme: https", ":authority: a", ":path: *"), false, nil},
		{"asterisk of GET", list(":method: GET", ":scheme: https", ":authority: a", ":path: *"), false, http1.ErrTargetForm},
		{"pseudo twice", list(":method: GET", ":method: GET", ":scheme: https", ":authority: a", ":path: /"), false, http1.ErrPseudoField},
		{"empty pseudo twice", list(":method: GET", ":path: ", ":path: /", ":scheme: https", ":authority: a"), false, http1.ErrPseudoField},
		{"unknown pseudo", list(":method: GET", ":version: 2", ":scheme: https", ":authority: a", ":path: /"), false, http1.ErrPseudoField},
		{"response pseudo", append(list(":status: 200"), with()...), false, http1.ErrPseudoField},
		{"pseudo after field", append(list("x: y"), with()...), false, http1.ErrPseudoField},
		{"upper case", with("X-Y: z"), false, http1.ErrName},
		{"colon in name", with("x:y: z"), false, http1.ErrName},
		{"space in name", with("x y: z"), false, http1.ErrName},
		{"CR LF in name", list(append(start[:4:4], "x\r\ny: z")...), false, http1.ErrName},
		{"empty name", append(with(), fieldcode.Field{Value: []byte("x")}), false, http1.ErrNameEmpty},
		{"CR in value", with("x: a\rb"), false, http1.ErrValue},
		{"LF in value", with("x: a\nb"), false, http1.ErrValue},
		{"NUL in value", with("x: a\x00b"), false, http1.ErrValue},
		{"space before value", with("x:  a"), false, http1.ErrValue},
		{"space after value", with("x: a "), false, http1.ErrValue},
		{"connection", with("connection: close"), false, http1.ErrConnectionField},
		{"keep-alive", with("keep-alive: 5"), false, http1.ErrConnectionField},
		{"proxy-connection", with("proxy-connection: close"), false, http1.ErrConnectionField},
		{"transfer-encoding", with("transfer-encoding: chunked"), true, http1.ErrConnectionField},
		{"upgrade", with("upgrade: h2c"), false, http1.ErrConnectionField},
		{"te", with("te: trailers"), false, nil},
		{"te of others", with("te: gzip"), false, http1.ErrConnectionField},
		{"length", with("content-length: 3"), true, nil},
		{"length without body", with("content-length: 3"), false, http1.ErrLengthWrong},
		{"length 0 without body", with("content-length: 0"), false, nil},
		{"two lengths", with("content-length: 3", "content-length: 4"), true, http1.ErrLengthsDiffer},
		{"length with sign", with("content-length: +3"), true, http1.ErrContentLength},
		{"expectation", with("expect: 100-continue"), true, nil},
		{"other expectation", with("expect: much"), true, http1.ErrExpect},
		{"CONNECT", list(":method: CONNECT", ":authority: a:443"), true, nil},
		{"CONNECT with path", list(":method: CONNECT", ":authority: a:443", ":path: /"), true, http1.ErrTargetForm},
		{"WebSocket", list(":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: a", ":path: /chat"), true, nil},
		{"other protocol", list(":method: CONNECT", ":protocol: connect-udp", ":scheme: https", ":authority: a", ":path: /"), true, http1.ErrProtocol},
		{"protocol of GET", append(list(":protocol: websocket"), with()...), true, http1.ErrTargetForm},
		{"WebSocket with length", list(":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: a", ":path: /", "content-length: 5"), true, http1.ErrConnectionField},
	} {
		var r http1.Request
		_, err := Request(&r, tt.fields, nil, !tt.body)
		if err != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// The result is equal to the same request parsed from HTTP/1.1.
func TestRequestMeaning(t *testing.T) {
	var r http1.Request
	_, err := Request(&r, with("cookie: a=1", "x_forwarded_for: 1.2.3.4", "te: trailers", "cookie: b=2", "cookie: c=3", "x: y"), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Fields {
		if !f.Hop {
			got = append(got, string(f.Name)+": "+string(f.Value))
		}
	}
	if s := strings.Join(got, "\n"); s != "cookie: a=1; b=2; c=3\nx: y" {
		t.Errorf("got fields\n%s", s)
	}
	if r.Framing != http1.Chunked || !r.KeepAlive || r.Minor != 1 || string(r.Authority) != "a" || string(r.Path) != "/" || string(r.Method) != "GET" {
		t.Errorf("got %+v", r)
	}
	r.Reset()
	_, err = Request(&r, list(":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: a", ":path: /chat"), nil, false)
	if err != nil || string(r.Method) != "GET" || string(r.Upgrade) != "websocket" || r.Framing != http1.NoBody || r.Form != http1.Origin {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestTrailers(t *testing.T) {
	for _, tt := range []struct {
		fields []fieldcode.Field
		want   string
		err    error // of a request
	}{
		{list("digest: x", "grpc-status: 0"), "digest: x\r\ngrpc-status: 0\r\n", nil},
		{nil, "", nil},
		{list(":path: /"), "", http1.ErrPseudoField},
		{list("content-length: 3"), "", http1.ErrTrailer},
		{list("host: a"), "", http1.ErrTrailer},
		{list("X: y"), "", http1.ErrName},
		{list("x: a\r\nb"), "", http1.ErrValue},
		{list("connection: close", "x-forwarded-for: 1", "cookie: a=b", "x: y"), "x: y\r\n", nil},
		{list("x: " + strings.Repeat("y", 64<<10)), "", http1.ErrTrailerLength},
	} {
		got, err := AppendTrailers(nil, tt.fields, false)
		if string(got) != tt.want || err != tt.err {
			t.Errorf("%s: got %q, %v, want %q, %v", render(tt.fields), got, err, tt.want, tt.err)
		}
		want := tt.err
		if want == http1.ErrTrailer || want == http1.ErrTrailerLength {
			want = nil
		}
		if got, err := AppendTrailers(nil, tt.fields, true); string(got) != tt.want || err != want {
			t.Errorf("%s, of a response: got %q, %v, want %q, %v", render(tt.fields), got, err, tt.want, want)
		}
	}
}

// Any accepted header list can be written as HTTP/1.1 and is parsed there as the
// same request.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "https", "a", "/", "", "x", "y", "cookie", "a=b", true)
	f.Add("POST", "http", "a:1", "/%41?b#", "websocket", "content-length", "3", "content-length", "3", false)
	f.Add("CONNECT", "https", "[::1]", "*", "websocket", "te", "trailers", "expect", "100-continue", false)
	f.Add("GET", "https", "a", "/\r\nx: y", "", "x\r\ny", "a\rb", "transfer-encoding", "chunked", false)
	f.Fuzz(func(t *testing.T, method, scheme, authority, path, protocol, n1, v1, n2, v2 string, ended bool) {
		fields := []fieldcode.Field{{Name: []byte(":method"), Value: []byte(method)}, {Name: []byte(":scheme"), Value: []byte(scheme)}, {Name: []byte(":authority"), Value: []byte(authority)}, {Name: []byte(":path"), Value: []byte(path)}}
		if protocol != "" {
			fields = append(fields, fieldcode.Field{Name: []byte(":protocol"), Value: []byte(protocol)})
		}
		fields = append(fields, fieldcode.Field{Name: []byte(n1), Value: []byte(v1)}, fieldcode.Field{Name: []byte(n2), Value: []byte(v2)})
		var r http1.Request
		if _, err := Request(&r, fields, nil, ended); err != nil {
			if _, ok := err.(*http1.Error); !ok {
				t.Fatalf("got a %T", err)
			}
			return
		}
		if r.Form == http1.Authority {
			return // CONNECT, which is not forwarded
		}
		raw := http1.AppendRequestLine(nil, r.Method, r.Path)
		raw = http1.AppendField(raw, "Host", r.Authority)
		for i := range r.Fields {
			if f := &r.Fields[i]; !f.Hop && f.ID != http1.Host {
				raw = http1.AppendField(raw, f.Name, f.Value)
			}
		}
		raw = http1.AppendFraming(raw, r.Framing, r.Length)
		raw = append(raw, "\r\n"...)
		var again http1.Request
		n, err := again.Parse(raw)
		if err != nil || n != len(raw) {
			t.Fatalf("%q: %d of %d bytes, %v", raw, n, len(raw), err)
		}
		framing := r.Framing
		if again.Framing != framing || again.Length != r.Length || string(again.Path) != string(r.Path) || string(again.Authority) != string(r.Authority) {
			t.Fatalf("%q: got %+v, want %+v", raw, again, r)
		}
	})
}

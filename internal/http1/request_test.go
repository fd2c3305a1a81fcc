package http1

import "testing"

const simpleGet = "GET /index.html?q=1 HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"

func TestFirstLook(t *testing.T) {
	var r Request
	n, err := r.Parse([]byte(simpleGet + "x"))
	t.Logf("%d %v %+v", n, err, r)
	if n != len(simpleGet) || err != nil || string(r.Path) != "/index.html?q=1" || string(r.Authority) != "example.com" || !r.KeepAlive {
		t.Fatal()
	}
	var b Body
	b.Reset(Chunked, 0)
	p, n, err := b.Next([]byte("5\r\nhello\r\n0\r\nA: b\r\n\r\nrest"))
	t.Logf("%q %d %v %v %q", p, n, err, b.Done(), b.Trailers())
	var s Response
	n, err = s.Parse([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), false)
	t.Logf("%d %v %+v", n, err, s)
}

func BenchmarkRequest(b *testing.B) {
	buf := []byte(simpleGet)
	var r Request
	b.ReportAllocs()
	for b.Loop() {
		r.Parse(buf)
	}
}

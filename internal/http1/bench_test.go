package http1

import "testing"

// Typical heads of a browser and an origin, with the longest values shortened.
const (
	browserGet = "GET /shop/search?q=load+balancer&page=2 HTTP/1.1\r\n" +
		"Host: www.example.com\r\n" +
		"Connection: keep-alive\r\n" +
		"Cache-Control: max-age=0\r\n" +
		"sec-ch-ua: \"Chromium\";v=\"142\", \"Not_A Brand\";v=\"99\"\r\n" +
		"sec-ch-ua-mobile: ?0\r\n" +
		"Upgrade-Insecure-Requests: 1\r\n" +
		"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
		"Sec-Fetch-Site: same-origin\r\n" +
		"Sec-Fetch-Mode: navigate\r\n" +
		"Referer: https://www.example.com/shop/\r\n" +
		"Accept-Encoding: gzip, deflate, br, zstd\r\n" +
		"Accept-Language: en-GB,en;q=0.9\r\n" +
		"Cookie: session=9f86d081884c7d659a2feaa0c55ad015; theme=dark; consent=1\r\n" +
		"\r\n"
	originOK = "HTTP/1.1 200 OK\r\n" +
		"Server: nginx/1.22.1\r\n" +
		"Date: Mon, 23 Nov 2026 13:00:00 GMT\r\n" +
		"Content-Type: text/html; charset=utf-8\r\n" +
		"Content-Length: 100\r\n" +
		"Connection: keep-alive\r\n" +
		"Last-Modified: Mon, 23 Nov 2026 12:00:00 GMT\r\n" +
		"ETag: \"6560a3c0-64\"\r\n" +
		"Accept-Ranges: bytes\r\n" +
		"\r\n"
)

func BenchmarkParseRequest(b *testing.B) {
	for name, raw := range map[string]string{"small": "GET / HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n\r\n", "browser": browserGet} {
		b.Run(name, func(b *testing.B) {
			buf := []byte(raw)
			var r Request
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				r.Reset()
				if n, err := r.Parse(buf); n == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseResponse(b *testing.B) {
	buf := []byte(originOK)
	var r Response
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		if n, err := r.Parse(buf, false); n == 0 {
			b.Fatal(err)
		}
	}
}

// BenchmarkSlowHead parses a head byte by byte: the cost of a byte must not grow
// with the head.
func BenchmarkSlowHead(b *testing.B) {
	for name, size := range map[string]int{"4KiB": 4 << 10, "64KiB": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			buf := []byte(padded(size))
			var r Request
			b.SetBytes(int64(size))
			for b.Loop() {
				if n, err := parsePieces(&r, buf); n == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendFields(b *testing.B) {
	var r Request
	if _, err := r.Parse([]byte(browserGet)); err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 0, 4096)
	b.SetBytes(int64(len(browserGet)))
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendFields(AppendRequestLine(dst[:0], r.Method, r.Path), r.Fields)
	}
}

func BenchmarkChunked(b *testing.B) {
	payload := make([]byte, 4096)
	src := AppendLastChunk(append(append(AppendChunkHeader(nil, len(payload)), payload...), "\r\n"...), nil)
	var body Body
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(Chunked, -1)
		if _, _, err := body.Next(src); err != nil || !body.Done() {
			b.Fatal(err)
		}
	}
}

//go:build linux

package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/qpack"
	"github.com/quic-go/quic-go/http3"
)

// A QPACK decoder reads the expected fields from the HEADERS frame of a request.
func TestH3Request(t *testing.T) {
	text := h3Request("/100")
	if text[0] != h3HeadersFrame || int(text[1]) != len(text)-2 {
		t.Fatalf("frame %x", text)
	}
	var got []string
	for next := qpack.NewDecoder().Decode(text[2:]); ; {
		f, err := next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f.Name+"="+f.Value)
	}
	want := ":method=GET :scheme=https :authority=" + serverName + " :path=/100"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestH3Body(t *testing.T) {
	head := []byte{h3HeadersFrame, 3, 0, 0, qpackStatus200}
	for name, tt := range map[string]struct {
		text string
		size int
		bad  bool
	}{
		"no body":        {text: string(head)},
		"one frame":      {text: string(head) + "\x00\x03abc", size: 3},
		"two frames":     {text: string(head) + "\x00\x03abc\x00\x02de", size: 5},
		"a long length":  {text: string(head) + "\x00\x40\x03abc", size: 3},
		"unknown frames": {text: string(head) + "\x21\x01x\x00\x01a", size: 1},
		"another status": {text: "\x01\x03\x00\x00\xd8", bad: true},
		"no status":      {text: "\x01\x02\x00\x00", bad: true},
		"data first":     {text: "\x00\x03abc", bad: true},
		"cut short":      {text: string(head) + "\x00\x03ab", bad: true},
		"half a length":  {text: string(head) + "\x00\x40", bad: true},
	} {
		size, err := h3Body([]byte(tt.text))
		if (err != nil) != tt.bad || size != tt.size {
			t.Errorf("%s: %d, %v, want %d, error %v", name, size, err, tt.size, tt.bad)
		}
	}
}

func serveH3(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	st := &stage{dir: t.TempDir()}
	if err := st.writeCertificates(); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(st.ecdsa.cert, st.ecdsa.key)
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http3.Server{Handler: handler, TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{pair}})}
	done := make(chan struct{})
	go func() { // ends with the server
		_ = s.Serve(udp) // it says that it was closed
		close(done)
	}()
	t.Cleanup(func() {
		_ = s.Close() // the test is over
		<-done
		_ = udp.Close() // as above
	})
	return udp.LocalAddr().String()
}

func TestH3Load(t *testing.T) {
	o := order{Address: serveH3(t, origin), Path: "/100", Size: pacedBody, Conns: 2, Duration: 200 * time.Millisecond}
	got, err := h3Load(o)
	if err != nil || got.Requests == 0 || got.P99 == 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	o.Size++
	if got, err := h3Load(o); err == nil {
		t.Errorf("took bodies of another size for %+v", got)
	}
}

func TestH3LoadRefuses(t *testing.T) {
	address := serveH3(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	if got, err := h3Load(order{Address: address, Path: "/100", Conns: 1, Duration: 100 * time.Millisecond}); err == nil {
		t.Errorf("took 503 for %+v", got)
	}
}

package h3

import (
	"crypto/tls"
	"io"
	"net/http/httptest"
	"testing"

	"github.com/quic-go/quic-go"

	"elbow/internal/http3"
	"elbow/internal/leak"
)

// After stopSending, an io.EOF from quic-go does not end the request: a RESET_STREAM
// in reply may be returned as one.
func TestH3EndAfterStop(t *testing.T) {
	leak.Check(t)
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	l, err := quic.ListenAddr("127.0.0.1:0", &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h3"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := quic.DialAddr(t.Context(), l.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h3"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.CloseWithError(0, "") }()
	cut, err := c.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	defer cut.CancelRead(0)
	if _, err := cut.Write(append(http3.AppendFrameHeader(nil, http3.Data, 5), "he"...)); err != nil {
		t.Fatal(err)
	}
	_ = cut.Close() // in the middle of a frame
	served, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	str, err := served.AcceptStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(str); err != nil { // from here on quic-go always returns io.EOF
		t.Fatal(err)
	}
	s := &stream{str: str}
	if err := s.await(); err != nil {
		t.Errorf("before: await returns %v", err)
	}
	s.stopSending()
	if err := s.await(); err != errStopped || !s.interrupted(err) {
		t.Errorf("await returns %v, want %v", err, errStopped)
	}
	if n, err := s.Read(make([]byte, 1)); n != 0 || err != errStopped || s.ended {
		t.Errorf("Read returns %d, %v, ended is %v, want 0, %v, false", n, err, s.ended, errStopped)
	}
}

package proxy

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"

	"elbow/internal/leak"
)

// A recordWatch records the lengths of the TLS records that a client receives.
type recordWatch struct {
	net.Conn
	rest    []byte // of an incomplete header or record
	lengths []int
}

func (w *recordWatch) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.rest = append(w.rest, p[:n]...)
	for len(w.rest) >= 5 {
		length := int(binary.BigEndian.Uint16(w.rest[3:]))
		if len(w.rest) < 5+length {
			break
		}
		w.lengths = append(w.lengths, length)
		w.rest = w.rest[5+length:]
	}
	return n, err
}

// The first records of a connection fit into a packet, so that the client can decrypt them
// at once; later ones have the maximum length.
func TestRecordsGrow(t *testing.T) {
	leak.Check(t)
	const size = 512 << 10
	r := newRig(t, []string{origin(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	})})
	tcp, err := net.Dial("tcp", r.lis.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	watch := &recordWatch{Conn: tcp}
	c := tls.Client(watch, &tls.Config{InsecureSkipVerify: true})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	watch.lengths = nil
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, c); err != nil || n < size {
		t.Fatalf("got %d bytes, %v", n, err)
	}
	longest := 0
	for _, n := range watch.lengths {
		longest = max(longest, n)
	}
	// The first after the handshake may be the session ticket.
	if watch.lengths[1] > 1500*2 || longest < 16<<10 {
		t.Errorf("the records have %d bytes", watch.lengths)
	}
}

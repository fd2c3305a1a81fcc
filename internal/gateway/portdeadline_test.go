package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"elbow/internal/leak"
)

// pipes is a listener of connections that are pipes.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.ended)
	return nil
}

func (p pipes) Addr() net.Addr { return new(net.TCPAddr) }

// The time for the first byte of a connection bounds nothing that comes after it: a
// connection of plain HTTP goes on for as long as the server lets it.
func TestPlainConnectionsGoOn(t *testing.T) {
	leak.Check(t)
	cert := newPort(t, true, true, nil).cert // a port with TLS needs one
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(2 * headerTimeout)
			_, _ = io.WriteString(w, "hello")
		})}
		l := pipes{make(chan net.Conn, 1), make(chan struct{})}
		p := &Port{Listener: l, TLS: cert, Plain: true}
		p.Serves(server, func(status int) { t.Errorf("refused with %d", status) })
		done := make(chan struct{})
		go func() { // ends with the server
			defer close(done)
			_ = server.Serve(p)
		}()
		ours, theirs := net.Pipe()
		l.conns <- ours
		answers := bufio.NewReader(theirs)
		for range 2 {
			if _, err := io.WriteString(theirs, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil {
				t.Errorf("got %q, %v", body, err)
			}
			time.Sleep(2 * headerTimeout)
		}
		_ = theirs.Close()
		_ = server.Close()
		<-done
		synctest.Wait()
	})
}

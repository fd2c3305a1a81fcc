package leak

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// What is left is named, and what is gone is not.
func TestGone(t *testing.T) {
	openPoller()
	for _, tt := range []struct {
		name string
		take func(t *testing.T) (giveBack func())
		want string
	}{
		{"a socket", func(t *testing.T) func() {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			return func() { _ = l.Close() }
		}, "socket:["},
		{"a file", func(t *testing.T) func() {
			f, err := os.Create(t.TempDir() + "/kept")
			if err != nil {
				t.Fatal(err)
			}
			return func() { _ = f.Close() }
		}, "/kept"},
		{"a goroutine", func(*testing.T) func() {
			end := make(chan struct{})
			go forever(end) // ends with end
			return func() { close(end) }
		}, "leak.forever"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := held()
			giveBack := tt.take(t)
			if err := before.gone(time.Now()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("while it is there: %v", err)
			}
			if err := held().gone(time.Now()); err != nil {
				t.Errorf("to those that come later: %v", err)
			}
			giveBack()
			if err := before.gone(time.Now().Add(patience)); err != nil {
				t.Errorf("given back: %v", err)
			}
		})
	}
}

func forever(end chan struct{}) { <-end }

package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// soon is long enough for what has nothing to wait for.
const soon = 20 * time.Second

func shut(t *testing.T, d *door) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := d.shut(ctx); err != nil {
		t.Errorf("the door is not shut: %v", err)
	}
}

// Whoever is slow to send a body or to read an answer keeps no door from being
// shut.
func TestDoorIsShutOnSlowClients(t *testing.T) {
	d := newDoor()
	answering := make(chan struct{})
	d.open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			close(answering)
			_, _ = w.Write(make([]byte, 64<<20)) // more than any socket buffers
		}
	}))
	server := httptest.NewServer(d)
	defer server.Close()
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf",
		"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
	}
	<-answering
	shut(t, d)
}

// A stream is inside until it ends.
func TestDoorWaitsForStreams(t *testing.T) {
	d := newDoor()
	end := make(chan struct{})
	d.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-end
	}))
	server := httptest.NewServer(d)
	defer server.Close()
	resp, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.shut(ctx); err == nil {
		t.Error("the door is shut on a stream")
	}
	close(end)
	shut(t, d)
}

// A body arrives as it was sent, whatever its size and however it ends.
func TestDoorKeepsBodies(t *testing.T) {
	for _, size := range []int{0, 1, maxBrought - 1, maxBrought, maxBrought + 1, 3 * maxBrought} {
		for _, end := range []error{io.EOF, errors.New("broken off")} {
			t.Run(fmt.Sprint(size, " ", end), func(t *testing.T) {
				sent := bytes.Repeat([]byte("x"), size)
				r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(bytes.NewReader(sent), failing{end}))
				defer bringBody(r)()
				got, err := io.ReadAll(r.Body)
				if end == io.EOF {
					end = nil
				}
				if !bytes.Equal(got, sent) || !errors.Is(err, end) {
					t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, size, end)
				}
			})
		}
	}
}

// A takeover that is refused leaves nothing shut: calls go on, and so do live
// pages.
func TestRefusedTakeoverResumesEverything(t *testing.T) {
	n := startNode(t, testConfig(t))
	control := n.store.control()
	streams := true
	control.endStreams, control.beginStreams = func() { streams = false }, func() { streams = true }
	n.store.door.enter(t.Context()) // a call that does not end
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.store.suspend(ctx); err == nil {
		t.Fatal("suspended with a call under way")
	}
	n.store.door.leave()
	n.store.resume(t.Context())
	if !streams {
		t.Error("live pages stay dead")
	}
	resp, err := http.Get(n.APIURL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusServiceUnavailable {
		t.Errorf("a call got %s", resp.Status)
	}
}

package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// soon is long enough for any operation that does not have to wait.
const soon = 20 * time.Second

func shut(t *testing.T, d *door) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := d.shut(ctx); err != nil {
		t.Errorf("the door is not shut: %v", err)
	}
}

// A client that sends a body or reads an answer slowly does not keep the door from being
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

// A stream keeps the door from being shut until it ends.
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

// A body is received as it was sent, whatever its size and however it ends.
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

// After a takeover that is refused, calls and live pages go on.
func TestRefusedTakeoverResumesEverything(t *testing.T) {
	n := startNode(t, testConfig(t))
	control := n.store.control()
	streams, hurries, hurried := true, false, false
	control.endStreams, control.beginStreams = func() { streams = false }, func() { streams = true }
	control.hurry = func(on bool) { hurries, hurried = on, hurried || on }
	n.store.door.enter(t.Context()) // a call that does not end
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.store.suspend(ctx); err == nil {
		t.Fatal("suspended with a call in progress")
	}
	n.store.door.leave()
	n.store.resume(t.Context())
	if !streams {
		t.Error("live pages stay dead")
	}
	if hurries || !hurried {
		t.Errorf("passwords are hashed in a hurry: %v, and were: %v", hurries, hurried)
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

// Calls that arrive while the door is shut wait, and go to the handler that it is opened
// to. A call whose client disconnects in the meantime ends at once.
func TestCallsWaitAtTheDoor(t *testing.T) {
	d := newDoor()
	arrived := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived <- r.URL.Path
		d.ServeHTTP(w, r)
	}))
	defer server.Close()
	get := func(ctx context.Context, path string, to chan<- string) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
		if err != nil {
			to <- err.Error()
			return
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			to <- "gone"
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		to <- string(text)
	}
	stays, leaves := make(chan string, 1), make(chan string, 1)
	ctx, disconnect := context.WithCancel(t.Context())
	go get(t.Context(), "/stays", stays) // ends with its answer
	go get(ctx, "/leaves", leaves)       // ends with ctx
	for range 2 {
		<-arrived
	}
	disconnect()
	if got := <-leaves; got != "gone" {
		t.Errorf("got %q through a door that is shut", got)
	}
	d.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answered") }))
	if got := <-stays; got != "answered" {
		t.Errorf("got %q", got)
	}
	shut(t, d) // returns once none is inside; clients that have disconnected do not count
	if to := d.enter(ctx); to != nil {
		t.Error("who has hung up was let in")
	}
}

// A call goes to the handler that the door was opened to last.
func TestDoorLeadsWhereItWasOpenedLast(t *testing.T) {
	d := newDoor()
	server := httptest.NewServer(d)
	defer server.Close()
	for _, name := range []string{"first", "second", "third"} {
		d.open(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }))
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(text) != name {
			t.Errorf("got %q, %v, want %q", text, err, name)
		}
		shut(t, d)
	}
}

// A call to a process that was replaced, whose successor has ended too, is answered with
// an error that asks the client to retry: the call has not been made.
func TestPassingToNobody(t *testing.T) {
	d := newDoor()
	d.open(&passing{data: t.TempDir(), version: "v0", log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(d)
	defer server.Close()
	resp, err := http.Get(server.URL + "/?Action=DescribeLoadBalancers&Format=JSON")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || !bytes.Contains(text, []byte("This process has been replaced: connect again.")) {
		t.Errorf("got %s, %s, %v", resp.Status, text, err)
	}
	if !resp.Close {
		t.Error("the connection to the process that was replaced stays")
	}
}

package elbtest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"elbow/internal/api"
)

// A recorder keeps the last request that went through it.
type recorder struct {
	request *http.Request
	body    []byte
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.request = req.Clone(req.Context())
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		r.body, req.Body = body, io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(req)
}

// again sends that request once more, unchanged.
func (r *recorder) again(t *testing.T) (status int, answer string) {
	t.Helper()
	req := r.request.Clone(t.Context())
	req.Body = io.NopCloser(bytes.NewReader(r.body))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// A signed call is accepted once, also after the process was stopped, killed or taken
// over.
func TestReplayAfterARestart(t *testing.T) {
	t.Parallel()
	n := Start(t, Options{})
	r := new(recorder)
	call := func() {
		t.Helper()
		c := n.RPC()
		c.HTTP = &http.Client{Transport: r}
		if _, err := c.Call(t.Context(), api.StsVersion, "GetCallerIdentity", nil); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(after string) {
		t.Helper()
		if status, answer := r.again(t); status != http.StatusBadRequest || !strings.Contains(answer, "SignatureNonceUsed") {
			t.Errorf("after %s the call was taken once more: %d %s", after, status, answer)
		}
	}
	call()
	refused("nothing")
	n.Kill()
	n = n.Again(t)
	refused("kill -9")
	call()
	n.Stop(t)
	n = n.Again(t)
	refused("SIGTERM")
	call()
	n = n.TakeOver(t)
	refused("a takeover")
	n.Kill()
	n.Args = nil // without -takeover
	n.Again(t)
	refused("a takeover and kill -9")
}

package proxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
)

func TestH2Hello(t *testing.T) {
	r := newRig(t, []string{origin(t, hello)})
	tr := &http2.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer tr.CloseIdleConnections()
	for range 5 {
		resp, err := (&http.Client{Transport: tr}).Get("https://" + r.lis.Addr().String() + "/")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		t.Log(resp.StatusCode, string(b), err, resp.Header)
	}
	t.Log(r.log.next(t))
}

package node

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"elbow/internal/leak"
)

// A response is compressed only for clients that accept gzip; Prometheus' own parser reads
// both forms.
func TestMetricsEncoding(t *testing.T) {
	leak.Check(t)
	n := startNode(t, testConfig(t))
	for accept, packed := range map[string]bool{
		"": false, "gzip": true, "deflate, GZIP;q=0.5": true, "gzip; q=0.5": true, "zstd, br": false,
		"gzip;q=0": false, "gzip;q=0.000": false, "x-gzip": false, "gzip;q=x": false,
	} {
		req, err := http.NewRequest(http.MethodGet, n.AdminURL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", accept) // set explicitly, so that the client does not decompress
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(res.Body)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: packed %t, want %t", accept, got, packed)
		} else if packed {
			if body, err = gzip.NewReader(body); err != nil {
				t.Fatal(err)
			}
		}
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(body)
		for _, name := range []string{"elbow_build_info", "elbow_connections", "elbow_store_writable", "go_goroutines"} {
			if families[name] == nil {
				t.Errorf("Accept-Encoding %q: no %s", accept, name)
			}
		}
		if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
			t.Errorf("Accept-Encoding %q: %s, %v, %v", accept, res.Status, res.Header, err)
		}
		res.Body.Close()
	}
}

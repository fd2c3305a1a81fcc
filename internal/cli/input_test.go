package cli

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbow/internal/api"
)

func rowsOf(t *testing.T, version, action string) []api.Param {
	t.Helper()
	op, ok := api.Lookup(version, action)
	if !ok {
		t.Fatalf("no operation %s", action)
	}
	return op.New().Params()
}

// Values in a file of parameters may have any JSON type; they are sent as text.
func TestReadInput(t *testing.T) {
	networks, backends := rowsOf(t, api.EnsVersion, "DescribeNetworks"), rowsOf(t, api.EnsVersion, "AddBackendServers")
	for _, tt := range []struct {
		rows []api.Param
		text string
		want map[string]string
		err  string // how it ends
	}{
		{networks, `{}`, map[string]string{}, ""},
		{networks, `{"PageSize": 20, "EnsRegionId": "local"}`, map[string]string{"PageSize": "20", "EnsRegionId": "local"}, ""},
		{networks, `{"PageSize": null}`, map[string]string{}, ""},
		{networks, `{"EnsRegionIds": ["a", "b"]}`, map[string]string{"EnsRegionIds.1": "a", "EnsRegionIds.2": "b"}, ""},
		{networks, `{"EnsRegionIds": []}`, map[string]string{}, ""},
		{networks, `{"EnsRegionIds": "a"}`, nil, "EnsRegionIds is not an array"},
		{networks, `{"EnsRegionIds": ["a", null]}`, nil, "EnsRegionIds has null in it"},
		{networks, `{"EnsRegionIds": [["a"]]}`, nil, "EnsRegionIds must be one value"},
		{networks, `{"PageSize": [1]}`, nil, "PageSize must be one value"},
		{networks, `{"PageSize": {}}`, nil, "PageSize must be one value"},
		{networks, `{"Pagesize": 1, "Colour": "red"}`, nil, "the operation has no parameter Colour, Pagesize"},
		{networks, `[1]`, nil, "cannot unmarshal array into Go value of type map[string]json.RawMessage"},
		{networks, ``, nil, "unexpected end of JSON input"},
		{backends, `{"LoadBalancerId":"lb-1","BackendServers":[{"ServerId":"i-a"}]}`, map[string]string{"LoadBalancerId": "lb-1", "BackendServers": `[{"ServerId":"i-a"}]`}, ""},
		{backends, `{"BackendServers":"[]"}`, map[string]string{"BackendServers": "[]"}, ""},
	} {
		got, err := readInput("-", strings.NewReader(tt.text), tt.rows)
		if tt.err == "" && (err != nil || !maps.Equal(got, tt.want)) || tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), "--cli-input: ") || !strings.HasSuffix(err.Error(), tt.err)) {
			t.Errorf("%s: got %v, %v, want %v, %s", tt.text, got, err, tt.want, tt.err)
		}
	}
	path := filepath.Join(t.TempDir(), "in.json")
	if err := os.WriteFile(path, []byte(`{"PageSize":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readInput(path, nil, networks); err != nil || got["PageSize"] != "1" {
		t.Errorf("from a file: %v, %v", got, err)
	}
	if _, err := readInput(path+".absent", nil, networks); err == nil || !strings.HasPrefix(err.Error(), "--cli-input: open ") {
		t.Errorf("from no file: %v", err)
	}
}

// Truncated input is an error, and never a shorter list.
func TestReadInputCutOff(t *testing.T) {
	const text = `{"EnsRegionIds":["a","b"],"PageSize":20}`
	rows := rowsOf(t, api.EnsVersion, "DescribeNetworks")
	for n := range len(text) {
		if got, err := readInput("-", strings.NewReader(text[:n]), rows); err == nil {
			t.Errorf("the first %d bytes gave %v", n, got)
		}
	}
}

func FuzzReadInput(f *testing.F) {
	f.Add(`{"EnsRegionIds":["a",null],"PageSize":20}`)
	f.Add(`{"PageSize":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		op, _ := api.Lookup(api.EnsVersion, "DescribeNetworks")
		got, err := readInput("-", strings.NewReader(text), op.New().Params())
		if err != nil && got != nil {
			t.Errorf("%q: got %v and %v", text, got, err)
		}
	})
}

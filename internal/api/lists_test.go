package api

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"elbow/internal/elb"
)

func TestBindRepeatedList(t *testing.T) {
	most := make(map[string]string)
	for n := range maxListed {
		most[fmt.Sprintf("EnsRegionIds.%d", 3*n+7)] = "r"
	}
	tooMany := maps.Clone(most)
	tooMany["EnsRegionIds.1"] = "r"
	for _, tt := range []struct {
		values map[string]string
		want   []string
		code   string
	}{
		{nil, nil, ""},
		{map[string]string{"EnsRegionIds.1": "a"}, []string{"a"}, ""},
		{map[string]string{"EnsRegionIds.2": "b", "EnsRegionIds.1": "a", "EnsRegionIds.3": "c"}, []string{"a", "b", "c"}, ""},
		// By number and not by text.
		{map[string]string{"EnsRegionIds.10": "c", "EnsRegionIds.2": "b", "EnsRegionIds.1": "a"}, []string{"a", "b", "c"}, ""},
		// A list with an unset element leaves a hole, or an empty value.
		{map[string]string{"EnsRegionIds.1": "a", "EnsRegionIds.3": "c"}, []string{"a", "c"}, ""},
		{map[string]string{"EnsRegionIds.3": "c"}, []string{"c"}, ""},
		{map[string]string{"EnsRegionIds.1": "a", "EnsRegionIds.2": "", "EnsRegionIds.3": "c"}, []string{"a", "c"}, ""},
		{map[string]string{"EnsRegionIds.1": "", "EnsRegionIds.2": "b"}, []string{"b"}, ""},
		{map[string]string{"EnsRegionIds.1": ""}, nil, ""},
		{map[string]string{"EnsRegionIds": ""}, nil, ""},
		{most, strings.Fields(strings.Repeat("r ", maxListed)), ""},
		{tooMany, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.1": "a b"}, nil, "InvalidEnsRegionIds"},
		// Any other form is an error: if it were ignored, the call would list
		// everything.
		{map[string]string{"EnsRegionIds": `["a"]`}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds": "[]"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds": "null"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds": "a,b"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds": "a", "EnsRegionIds.1": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.0": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.01": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.+1": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.-1": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.x": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.1.Value": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds.99999999999999999999": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds[1]": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"EnsRegionIds[]": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"ensRegionIds.1": "a"}, nil, "InvalidEnsRegionIds"},
		{map[string]string{"ENSREGIONIDS": "a"}, nil, "InvalidEnsRegionIds"},
		// A name that only begins alike is another parameter.
		{map[string]string{"EnsRegionIdsX": "a", "EnsRegion": "a", "": "a"}, nil, ""},
		// A value that is no list is not one either.
		{map[string]string{"EnsRegionId.1": "a"}, nil, "InvalidEnsRegionId"},
		{map[string]string{"NetworkId.1": "a", "NetworkId": "a"}, nil, "InvalidNetworkId"},
		{map[string]string{"NetworkId[0]": "a"}, nil, "InvalidNetworkId"},
		{map[string]string{"NetworkId.x": "a"}, nil, "InvalidNetworkId"},
		{map[string]string{"networkid": "a"}, nil, "InvalidNetworkId"},
		{map[string]string{"NetworkID": "a", "NetworkId": "a"}, nil, "InvalidNetworkId"},
	} {
		in := new(DescribeNetworksInput)
		err := Bind(in, tt.values)
		if got := code(err); got != tt.code {
			t.Errorf("%v: got code %q, want %q", tt.values, got, tt.code)
		}
		if tt.code == "" && fmt.Sprint(in.RegionIDs) != fmt.Sprint(tt.want) {
			t.Errorf("%v: got %v, want %v", tt.values, in.RegionIDs, tt.want)
		}
	}
}

// For every row of every operation, a form that the row does not have is refused,
// and the reason names the right one.
func TestOtherFormsOfEveryRow(t *testing.T) {
	for _, op := range Operations() {
		for _, r := range op.New().Params() {
			var form, says string
			switch r.Var.Shape().Type {
			case List:
				form, says = r.Name, "is a list, sent as "+r.Name+".1"
			case JSON:
				form, says = r.Name+".1."+r.Var.Shape().Items[0].Name, "JSON array, "+r.Name+"=["
			default:
				form, says = r.Name+".1", "one value and not a list"
			}
			values := example(op)
			values[form] = "i-1"
			err := Bind(op.New(), values)
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Code != "Invalid"+r.Name || !strings.Contains(e.Reason, says) {
				t.Errorf("%s with %s: got %v, want Invalid%s that says %q", op.Name, form, err, r.Name, says)
			}
		}
	}
}

// What Sent writes of an item, Listed reads, and Bind accepts.
func TestSentAndListed(t *testing.T) {
	in := new(DescribeNetworksInput)
	for _, r := range in.Params() {
		if r.Var.Shape().Type != List {
			continue
		}
		items := []string{"a", "b"}
		if r.Var.Shape().Items != nil {
			items = []string{"a=b", "key=", "c==d="}
		}
		params := make(map[string]string)
		for i, text := range items {
			r.Sent(params, i+1, text)
		}
		if got := r.Listed(params); fmt.Sprint(got) != fmt.Sprint(items) {
			t.Errorf("%s: got %v of %v", r.Name, got, params)
		}
		if err := Bind(in, params); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
	if want := []elb.Tag{{Key: "a", Value: "b"}, {Key: "key"}, {Key: "c", Value: "=d="}}; fmt.Sprint(in.Tags) != fmt.Sprint(want) {
		t.Errorf("got %v", in.Tags)
	}
}

func FuzzBindList(f *testing.F) {
	f.Add("Tag.1.Key", "a", "Tag.1.Value", "b")
	f.Add("Tag.1.Key", "a", "Tag.2", "b")
	f.Add("EnsRegionIds.1", "a", "EnsRegionIds.3", "b")
	f.Add("EnsRegionIds", `["a"]`, "EnsRegionIds.0", "")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		in := new(DescribeNetworksInput)
		values := map[string]string{name1: value1, name2: value2}
		err := Bind(in, values)
		if _, ok := errors.AsType[*Error](err); err != nil && !ok {
			t.Fatalf("%v: an error that is no answer: %v", values, err)
		}
		given := 0
		for name, value := range values {
			if value != "" && (name == "EnsRegionIds" || strings.HasPrefix(name, "EnsRegionIds.")) {
				given++
			}
		}
		if err == nil && len(in.RegionIDs) != given {
			t.Fatalf("%v: %d of %d values taken", values, len(in.RegionIDs), given)
		}
	})
}

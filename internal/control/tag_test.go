package control_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"elbow/internal/api"
)

// tags lists the tags of a type, or of some resources of it, as id key=value.
func (w *world) tags(p params) (all []string) {
	w.t.Helper()
	for _, t := range w.do("ListTagResources", p).list("TagResources") {
		all = append(all, fmt.Sprintf("%s %s=%s", t.text("ResourceId"), t.text("TagKey"), t.text("TagValue")))
	}
	return all
}

func (w *world) wantTags(p params, want ...string) {
	w.t.Helper()
	if got := w.tags(p); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%v: got %v, want %v", p, got, want)
	}
}

// Each type of resource has tags, which lists show and filter by, and which other
// changes of a resource keep.
func TestTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withEIPs("203.0.113.0/24")
	tag := params{"Tag.1.Key": "owner", "Tag.1.Value": "edge", "Tag.3.Key": "empty"}
	network := w.do("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": "10.0.0.0/8"}.with(tag)).text("NetworkId")
	vSwitch := w.do("CreateVSwitch", params{"EnsRegionId": "local", "NetworkId": network, "CidrBlock": "10.0.0.0/24"}.with(tag)).text("VSwitchId")
	eip := w.eip(tag)
	lb := w.loadBalancer()
	w.do("RegisterInstance", params{"InstanceId": "i-1", "PrivateIpAddress": "10.0.0.7"})
	for kind, id := range map[string]string{"slb": lb, "instance": "i-1"} {
		w.do("TagResources", tag.with(params{"ResourceType": kind, "ResourceId.1": id, "ResourceId.2": id}))
	}
	w.do("RegisterInstance", params{"InstanceId": "i-1", "PrivateIpAddress": "10.0.0.8"})
	w.do("ModifyNetworkAttribute", params{"NetworkId": network, "NetworkName": "renamed"})
	w.do("AssociateEnsEipAddress", params{"AllocationId": eip, "InstanceId": lb})
	for kind, id := range map[string]string{"network": network, "vswitch": vSwitch, "eip": eip, "slb": lb, "instance": "i-1"} {
		of := params{"ResourceType": kind}
		w.wantTags(of, id+" owner=edge", id+" empty=")
		w.wantTags(of.with(params{"ResourceId.1": id, "Tag.1.Key": "owner"}), id+" owner=edge", id+" empty=")
		w.wantTags(of.with(params{"Tag.1.Key": "owner", "Tag.1.Value": "other"}))
		w.wantTags(of.with(params{"ResourceId.1": "none"}))
		w.do("TagResources", of.with(params{"ResourceId.1": id, "Tag.1.Key": "owner", "Tag.1.Value": "core"}))
		w.wantTags(of, id+" empty=", id+" owner=core")
		w.do("UntagResources", of.with(params{"ResourceId.1": id, "TagKey.1": "empty", "TagKey.2": "none"}))
		w.wantTags(of, id+" owner=core")
	}
	core, edge := params{"Tag.1.Key": "owner", "Tag.1.Value": "core"}, params{"Tag.1.Key": "owner", "Tag.1.Value": "edge"}
	for _, of := range []struct{ action, list, entry string }{
		{"DescribeNetworks", "Networks", "Network"}, {"DescribeVSwitches", "VSwitches", "VSwitch"}, {"DescribeEnsEipAddresses", "EipAddresses", "EipAddress"},
	} {
		found := w.do(of.action, core).list(of.list, of.entry)
		if len(found) != 1 || fmt.Sprint(found[0]["Tags"]) != "map[Tag:[map[Key:owner Value:core]]]" {
			t.Errorf("%s by tag: %v", of.action, found)
		}
		if found := w.do(of.action, edge).list(of.list, of.entry); len(found) != 0 {
			t.Errorf("%s by another tag: %v", of.action, found)
		}
	}
	w.do("UntagResources", params{"ResourceType": "network", "ResourceId.1": network, "All": "true"})
	w.wantTags(params{"ResourceType": "network"})
}

// A resource has at most 20 tags, set in one call or in several, and a refused
// call sets none.
func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.network("10.1.0.0/16"), w.network("10.2.0.0/16")
	twenty := params{"ResourceType": "network", "ResourceId.1": a}
	for n := range 20 {
		twenty[fmt.Sprintf("Tag.%d.Key", n+1)] = fmt.Sprintf("key-%d", n)
	}
	w.refuse("TagResources", twenty.with(params{"Tag.21.Key": "one more"}), "InvalidTag")
	w.do("TagResources", twenty)
	w.do("TagResources", twenty.with(params{"Tag.1.Value": "new"})) // the same keys again
	_, err := w.try(t.Context(), "TagResources", params{"ResourceType": "network", "ResourceId.1": b, "ResourceId.2": a, "Tag.1.Key": "one more"})
	if e, ok := errors.AsType[*api.Error](err); !ok || e.Code != "InvalidParameter.Tag" || !strings.Contains(e.Reason, a+" would have 21 tags") {
		t.Errorf("got %v", err)
	}
	w.wantTags(params{"ResourceType": "network", "ResourceId.1": b})
	for name, p := range map[string]params{
		"a key twice":        {"Tag.1.Key": "a", "Tag.2.Key": "a"},
		"no key":             {"Tag.1.Value": "a"},
		"a key of the cloud": {"Tag.1.Key": "acs:rm:rgId"},
		"another":            {"Tag.1.Key": "Aliyun"},
		"a link":             {"Tag.1.Key": "a", "Tag.1.Value": "https://example.com"},
		"one value":          {"Tag": "a"},
		"no member":          {"Tag.1": "a"},
		"another member":     {"Tag.1.key": "a"},
		"no number":          {"Tag.Key": "a"},
		"number 0":           {"Tag.0.Key": "a"},
		"too long a key":     {"Tag.1.Key": strings.Repeat("k", 129)},
		"too long a value":   {"Tag.1.Key": "a", "Tag.1.Value": strings.Repeat("v", 129)},
	} {
		t.Run(name, func(t *testing.T) {
			w.refuse("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": "10.0.0.0/8"}.with(p), "InvalidTag")
			w.refuse("DescribeNetworks", p, "InvalidTag")
		})
	}
	one := params{"ResourceType": "network", "ResourceId.1": a}
	w.refuse("TagResources", one, "MissingTag")
	w.refuse("UntagResources", one, "MissingTagKey")
	w.refuse("UntagResources", one.with(params{"All": "false"}), "MissingTagKey")
	w.refuse("TagResources", params{"ResourceType": "network", "Tag.1.Key": "a"}, "MissingResourceId")
	w.refuse("TagResources", params{"ResourceType": "disk", "ResourceId.1": "d-1", "Tag.1.Key": "a"}, "InvalidResourceType")
}

// A list of many resources is paged.
func TestListTagResourcesInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 101 {
		w.do("CreateNetwork", params{"EnsRegionId": "local", "CidrBlock": "10.0.0.0/8", "Tag.1.Key": "a"})
	}
	seen := make(map[string]bool)
	pages, p := 0, params{"ResourceType": "network"}
	for {
		out := w.do("ListTagResources", p)
		for _, tag := range out.list("TagResources") {
			seen[tag.text("ResourceId")] = true
		}
		pages++
		if out.text("NextToken") == "" {
			break
		}
		p = p.with(params{"NextToken": out.text("NextToken")})
	}
	if pages != 3 || len(seen) != 101 {
		t.Errorf("%d networks in %d pages, want 101 in 3", len(seen), pages)
	}
}

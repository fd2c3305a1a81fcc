package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"elbow/internal/elb"
)

// tagRow is the row of tags that a new resource gets, or by which a list is
// filtered.
func tagRow(p *[]elb.Tag, doc string) Param {
	return Param{Name: "Tag", Var: tagList(p), Doc: doc}
}

const (
	newTags    = "The tags: at most 20, with a key each that no other has."
	filterTags = "Tags that all of what is listed has. One without a value may have any."
)

// tagList is a list of tags, sent as Tag.1.Key, Tag.1.Value and so on.
func tagList(p *[]elb.Tag) Var { return tagListVar{p} }

type tagListVar struct{ p *[]elb.Tag }

func (v tagListVar) members(t *elb.Tag) []Param {
	return []Param{
		{Name: "Key", Var: tagKey(&t.Key), Required: true, Doc: "The key of the tag."},
		{Name: "Value", Var: Text(&t.Value, 1, 128, notURL), Doc: "The value of the tag. Without one it is empty."},
	}
}

func tagKey(p *string) Var { return Text(p, 1, 128, notURL, notReserved) }

var notReserved = rule{
	says: "must not start with aliyun or acs:",
	ok: func(s string) bool {
		s = strings.ToLower(s)
		return !strings.HasPrefix(s, "aliyun") && !strings.HasPrefix(s, "acs:")
	},
}

// Set is never called: an item has members.
func (v tagListVar) Set(string) error { return errors.New("is a list of items with members") }

func (v tagListVar) setItem(members map[string]string) error {
	if len(*v.p) == elb.MaxTags {
		return fmt.Errorf("is one too many: at most %d are taken", elb.MaxTags)
	}
	var t elb.Tag
	if faults := RowFaults(v.members(&t), members); len(faults) > 0 {
		return fmt.Errorf("has a %s that %s", faults[0].Name, faults[0].Text)
	}
	if slices.ContainsFunc(*v.p, func(o elb.Tag) bool { return o.Key == t.Key }) {
		return fmt.Errorf("has the key %.64q, which another has", t.Key)
	}
	*v.p = append(*v.p, t)
	return nil
}

func (v tagListVar) Value() any { return *v.p }

func (v tagListVar) Shape() Shape {
	return Shape{Type: List, Max: elb.MaxTags, Items: v.members(new(elb.Tag))}
}

// TagsOf are tags in the form of answers.
func TagsOf(tags []elb.Tag) (out Tags) {
	for _, t := range tags {
		out.Tag = append(out.Tag, Tag(t))
	}
	return out
}

// The types of resources that may have tags.
const (
	TagNetwork      = "network"
	TagVSwitch      = "vswitch"
	TagEIP          = "eip"
	TagLoadBalancer = "slb"
	TagInstance     = "instance"
)

// maxTagged is the maximum number of resources that one call may tag.
const maxTagged = 50

func resourceType(p *string) Param {
	return Param{
		Name: "ResourceType", Var: OneOf(p, TagInstance, TagEIP, TagNetwork, TagVSwitch, TagLoadBalancer), Required: true,
		Doc: "The type of the resources: instance is a registered server, slb a load balancer.",
	}
}

// TagResourcesInput adds tags to resources.
type TagResourcesInput struct {
	ResourceType string
	ResourceIDs  []string
	Tags         []elb.Tag
}

// Params lists the rows.
func (in *TagResourcesInput) Params() []Param {
	tags := tagRow(&in.Tags, "The tags. One whose key a resource has replaces the old one. A resource has at most 20.")
	tags.Required = true
	return []Param{
		resourceType(&in.ResourceType),
		{Name: "ResourceId", Var: IDs(&in.ResourceIDs, maxTagged), Required: true, Doc: "The IDs of the resources."},
		tags,
	}
}

// TagResourcesOutput is empty.
type TagResourcesOutput struct{}

// UntagResourcesInput removes tags from resources.
type UntagResourcesInput struct {
	ResourceType string
	ResourceIDs  []string
	Keys         []string
	All          bool
}

// Params lists the rows.
func (in *UntagResourcesInput) Params() []Param {
	return []Param{
		resourceType(&in.ResourceType),
		{Name: "ResourceId", Var: IDs(&in.ResourceIDs, maxTagged), Required: true, Doc: "The IDs of the resources."},
		{Name: "TagKey", Var: listVar{&in.Keys, elb.MaxTags, tagKey}, Doc: "The keys of the tags. Required unless All is true."},
		{Name: "All", Var: Bool(&in.All), Doc: "Whether all tags go, if there is no TagKey."},
	}
}

func (in *UntagResourcesInput) complete(map[string]string) error {
	if len(in.Keys) == 0 && !in.All {
		return Missing("TagKey")
	}
	return nil
}

// UntagResourcesOutput is empty.
type UntagResourcesOutput struct{}

// ListTagResourcesInput filters tags.
type ListTagResourcesInput struct {
	ResourceType string
	ResourceIDs  []string
	Tags         []elb.Tag
	NextToken    string
}

// Params lists the rows.
func (in *ListTagResourcesInput) Params() []Param {
	return []Param{
		resourceType(&in.ResourceType),
		{Name: "ResourceId", Var: IDs(&in.ResourceIDs, maxTagged), Doc: "The IDs of resources; without any, all of the type."},
		tagRow(&in.Tags, filterTags),
		{Name: "NextToken", Var: ID(&in.NextToken), Doc: "The NextToken of the answer before, to get what comes after it."},
	}
}

// ListTagResourcesOutput is one page of tags. The array is not wrapped.
type ListTagResourcesOutput struct {
	NextToken    string // "" on the last page
	TagResources Array[TagResource]
}

// A TagResource is one tag of one resource.
type TagResource struct {
	ResourceID   string `json:"ResourceId"`
	ResourceType string
	TagKey       string
	TagValue     string
}

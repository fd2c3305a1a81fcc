package control

import (
	"context"
	"fmt"
	"slices"

	"elbow/internal/api"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// A tagged is a resource that may have tags.
type tagged struct {
	id   string
	tags []elb.Tag
	put  func(tx *store.Tx, tags []elb.Tag)
}

// taggedOf reads a resource that may have tags.
func taggedOf(r *store.Reader, kind, id string) (t tagged, found bool) {
	switch kind {
	case api.TagNetwork:
		n, found := store.Networks.Get(r, id)
		return tagged{id, n.Tags, func(tx *store.Tx, tags []elb.Tag) { n.Tags = tags; store.Networks.Put(tx, n) }}, found
	case api.TagVSwitch:
		v, found := store.VSwitches.Get(r, id)
		return tagged{id, v.Tags, func(tx *store.Tx, tags []elb.Tag) { v.Tags = tags; store.VSwitches.Put(tx, v) }}, found
	case api.TagEIP:
		e, found := store.EIPs.Get(r, id)
		return tagged{id, e.Tags, func(tx *store.Tx, tags []elb.Tag) { e.Tags = tags; store.EIPs.Put(tx, e) }}, found
	case api.TagInstance:
		i, found := store.Instances.Get(r, id)
		return tagged{id, i.Tags, func(tx *store.Tx, tags []elb.Tag) { i.Tags = tags; store.Instances.Put(tx, i) }}, found
	}
	lb, found := store.LoadBalancers.Get(r, id)
	return tagged{id, lb.Tags, func(tx *store.Tx, tags []elb.Tag) { lb.Tags = tags; store.LoadBalancers.Put(tx, lb) }}, found
}

// allTagged lists all resources of a type in the order of their ids.
func allTagged(r *store.Reader, kind string) (all []tagged) {
	add := func(id string, tags []elb.Tag) { all = append(all, tagged{id: id, tags: tags}) }
	switch kind {
	case api.TagNetwork:
		for _, n := range store.Networks.All(r) {
			add(n.ID, n.Tags)
		}
	case api.TagVSwitch:
		for _, v := range store.VSwitches.All(r) {
			add(v.ID, v.Tags)
		}
	case api.TagEIP:
		for _, e := range store.EIPs.All(r) {
			add(e.ID, e.Tags)
		}
	case api.TagInstance:
		for _, i := range store.Instances.All(r) {
			add(i.ID, i.Tags)
		}
	default:
		for _, lb := range store.LoadBalancers.All(r) {
			add(lb.ID, lb.Tags)
		}
	}
	return all
}

// tagAPI has the operations of tags.
type tagAPI struct{ shared }

// TagResources adds tags to resources, to all or, if one cannot have them, to
// none.
func (s *tagAPI) TagResources(ctx context.Context, in *api.TagResourcesInput) (out api.TagResourcesOutput, err error) {
	return out, s.retag(ctx, in.ResourceType, in.ResourceIDs, func(tags []elb.Tag) []elb.Tag { return elb.WithTags(tags, in.Tags) })
}

// UntagResources removes tags from resources. A tag that does not exist is no
// error.
func (s *tagAPI) UntagResources(ctx context.Context, in *api.UntagResourcesInput) (out api.UntagResourcesOutput, err error) {
	return out, s.retag(ctx, in.ResourceType, in.ResourceIDs, func(tags []elb.Tag) []elb.Tag {
		return elb.WithoutTags(tags, func(key string) bool { return len(in.Keys) == 0 || slices.Contains(in.Keys, key) })
	})
}

func (s *tagAPI) retag(ctx context.Context, kind string, ids []string, change func([]elb.Tag) []elb.Tag) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			t, found := taggedOf(&tx.Reader, kind, id)
			if !found {
				return api.ErrResourceNotFound.New().Because(fmt.Sprintf("there is no %s %s", kind, id))
			}
			tags := change(t.tags)
			if len(tags) > elb.MaxTags {
				return api.InvalidField("Tag").Because(fmt.Sprintf("%s would have %d tags; at most %d are possible", id, len(tags), elb.MaxTags))
			}
			t.put(tx, tags)
		}
		return nil
	})
}

// tagPage is the maximum number of resources in a page of ListTagResources.
const tagPage = 50

// ListTagResources lists the tags of the resources that match all filters, in the
// order of their ids.
func (s *tagAPI) ListTagResources(ctx context.Context, in *api.ListTagResourcesInput) (out api.ListTagResourcesOutput, err error) {
	var all []tagged
	err = s.store.View(ctx, func(r *store.Reader) error {
		if len(in.ResourceIDs) == 0 {
			all = allTagged(r, in.ResourceType)
		}
		for _, id := range slices.Compact(slices.Sorted(slices.Values(in.ResourceIDs))) {
			if t, found := taggedOf(r, in.ResourceType, id); found {
				all = append(all, t)
			}
		}
		return nil
	})
	all = slices.DeleteFunc(all, func(t tagged) bool { return len(t.tags) == 0 || !elb.HasTags(t.tags, in.Tags) })
	some, next := stretch(all, func(t tagged) string { return t.id }, in.NextToken, tagPage)
	out.NextToken = next
	for _, t := range some {
		for _, tag := range t.tags {
			out.TagResources = append(out.TagResources, api.TagResource{ResourceID: t.id, ResourceType: in.ResourceType, TagKey: tag.Key, TagValue: tag.Value})
		}
	}
	return out, err
}

package elb

import "slices"

// A Tag is a value under a key, attached to a resource.
type Tag struct{ Key, Value string }

// MaxTags is the maximum number of tags of a resource.
const MaxTags = 20

// WithTags returns tags with others set: one of the same key replaces the old
// one.
func WithTags(tags, set []Tag) []Tag {
	all := WithoutTags(tags, func(key string) bool {
		return slices.ContainsFunc(set, func(t Tag) bool { return t.Key == key })
	})
	return append(all, set...)
}

// WithoutTags returns tags without those whose keys are gone.
func WithoutTags(tags []Tag, gone func(key string) bool) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return gone(t.Key) })
}

// HasTags reports whether all wanted tags are there. A wanted tag without a value
// matches any value.
func HasTags(tags, want []Tag) bool {
	for _, w := range want {
		if !slices.ContainsFunc(tags, func(t Tag) bool { return t.Key == w.Key && (w.Value == "" || t.Value == w.Value) }) {
			return false
		}
	}
	return true
}

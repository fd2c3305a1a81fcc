package elb

import "slices"

// A Tag is a word about a resource under a key.
type Tag struct{ Key, Value string }

// MaxTags is how many tags a resource may have.
const MaxTags = 20

// WithTags are tags after others were set: one of the same key replaces the old one.
func WithTags(tags, set []Tag) []Tag {
	all := WithoutTags(tags, func(key string) bool {
		return slices.ContainsFunc(set, func(t Tag) bool { return t.Key == key })
	})
	return append(all, set...)
}

// WithoutTags are tags without those whose keys are gone.
func WithoutTags(tags []Tag, gone func(key string) bool) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return gone(t.Key) })
}

// HasTags reports whether all wanted tags are there. One that is wanted without a value
// may have any.
func HasTags(tags, want []Tag) bool {
	for _, w := range want {
		if !slices.ContainsFunc(tags, func(t Tag) bool { return t.Key == w.Key && (w.Value == "" || t.Value == w.Value) }) {
			return false
		}
	}
	return true
}

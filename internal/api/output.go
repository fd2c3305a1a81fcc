package api

import (
	"encoding/json"
	"time"
)

// An Array is a list in an answer. Without elements it is [] and never null:
// clients index it without asking.
type Array[T any] []T

// MarshalJSON writes the elements.
func (a Array[T]) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(a))
}

// Page is how much of a longer list an answer holds.
type Page struct {
	PageNumber int
	PageSize   int
	TotalCount int
}

// Timestamp writes a time as answers do: 2006-01-02T15:04:05Z, and nothing for
// the zero time.
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// Date writes the day of a time in UTC: 2006-01-02.
func Date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

package api

import (
	"encoding/json"
	"time"
)

// An Array is a list in an answer. Without elements it is [] and never null:
// clients index it without a check.
type Array[T any] []T

// MarshalJSON writes the elements.
func (a Array[T]) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(a))
}

// Page is the position of an answer in a longer list.
type Page struct {
	PageNumber int
	PageSize   int
	TotalCount int
	NextToken  string `json:",omitempty"` // of the page that comes next; absent in the last one
}

// Timestamp formats a time as in answers: 2006-01-02T15:04:05Z, and "" for the
// zero time.
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// Date formats the day of a time in UTC: 2006-01-02.
func Date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

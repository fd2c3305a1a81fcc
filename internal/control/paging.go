package control

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"elbow/internal/api"
)

// newestFirst sorts resources by the time of their creation, the latest first, and
// those of one instant by ID (decisions, Other operations 22).
func newestFirst[T any](all []T, created func(*T) (at time.Time, id string)) {
	slices.SortFunc(all, func(a, b T) int {
		aTime, aID := created(&a)
		bTime, bID := created(&b)
		return cmp.Or(bTime.Compare(aTime), cmp.Compare(aID, bID))
	})
}

// page returns page number, counted from 1, of all.
func page[T any](all []T, number, size int) ([]T, api.Page) {
	first := min((number-1)*size, len(all))
	last := min(first+size, len(all))
	p := api.Page{PageNumber: number, PageSize: size, TotalCount: len(all)}
	if last < len(all) {
		p.NextToken = strconv.Itoa(number + 1)
	}
	return all[first:last], p
}

// stretch returns at most n entries after the one named marker from all, which
// are in the order of their names. next is the marker of the next page, "" if
// there is none.
func stretch[T any](all []T, name func(T) string, marker string, n int) (some []T, next string) {
	first := 0
	for first < len(all) && marker != "" && name(all[first]) <= marker {
		first++
	}
	last := min(first+n, len(all))
	if last < len(all) {
		next = name(all[last-1])
	}
	return all[first:last], next
}

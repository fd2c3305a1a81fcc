package history

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// Retention is how long samples are kept, at least: a day goes when its last
	// minute is older.
	Retention = 7 * 24 * time.Hour

	// blockBytes is what file systems give a file at a time.
	blockBytes = 4096
)

// onDisk is what a file of a size takes.
func onDisk(size int64) int64 { return (size + blockBytes - 1) / blockBytes * blockBytes }

// expire drops the days that are too old on a day. s.mu is held.
func (s *Store) expire(today string) {
	oldest := timeOf(today).Add(-Retention).Format(time.DateOnly)
	for day := range maps.Clone(s.days) {
		if day < oldest {
			s.drop(day)
		}
	}
}

// shrink drops the oldest days until what is left is not too much. s.mu is held.
func (s *Store) shrink(today string) {
	for {
		bytes := int64(0)
		for _, n := range s.days {
			bytes += n
		}
		if bytes <= s.limit || len(s.days) == 0 {
			return
		}
		oldest := slices.Min(slices.Collect(maps.Keys(s.days)))
		s.log.Warn("history is larger than it may be, its oldest day is dropped", "day", oldest, "bytes", bytes, "limit", s.limit)
		s.drop(oldest)
		if oldest == today {
			clear(s.whole)
		}
	}
}

// drop deletes a day. s.mu is held.
func (s *Store) drop(day string) {
	if err := os.RemoveAll(filepath.Join(s.dir, day)); err != nil {
		s.log.Warn("history not deleted", "day", day, "err", err)
	}
	delete(s.days, day)
}

package history

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// Retention is the minimum time for which samples are kept: a day is deleted
	// when its last minute is older.
	Retention = 7 * 24 * time.Hour

	// blockBytes is the allocation unit of file systems, in bytes.
	blockBytes = 4096
)

// onDisk is the space that a file of a size takes.
func onDisk(size int64) int64 { return (size + blockBytes - 1) / blockBytes * blockBytes }

// expire deletes the days that have expired. Their age is counted from the day
// after the last one before today, which is today unless nothing was written for
// a while: a clock that jumps ahead at one start deletes nothing, and if the
// clock is right the next day is soon enough. s.mu is held.
func (s *Store) expire(today string) {
	from := timeOf(today)
	last := ""
	for day := range s.days {
		if day < today {
			last = max(last, day)
		}
	}
	if last != "" {
		from = timeOf(last).AddDate(0, 0, 1)
	}
	oldest := from.Add(-Retention).Format(time.DateOnly)
	for day := range maps.Clone(s.days) {
		if day < oldest {
			s.drop(day)
		}
	}
}

// shrink deletes the oldest samples until the rest is within the limit, whole
// days first and hours of the last two days. The current hour stays, however much
// it takes. s.mu is held.
func (s *Store) shrink(minute int64) {
	today := dayOf(minute)
	for s.bytes() > s.limit {
		oldest := slices.Min(slices.Collect(maps.Keys(s.days)))
		if len(s.days) > 2 {
			s.log.Warn("history exceeds its limit, its oldest day is deleted", "day", oldest, "bytes", s.bytes(), "limit", s.limit)
			s.drop(oldest)
			continue
		}
		end := int64(minutesPerDay)
		if oldest == today {
			end = minute % minutesPerDay / 60 * 60
		}
		if s.from[oldest] >= end {
			return
		}
		s.dropHours(oldest, end)
	}
}

// bytes is the total size. s.mu is held.
func (s *Store) bytes() (all int64) {
	for _, n := range s.days {
		all += n
	}
	return all
}

// nearlyFull is the percentage of the limit above which a warning is logged.
const nearlyFull = 80

// warn logs that the limit will delete samples before it does. s.mu is held.
func (s *Store) warn(minute int64) {
	bytes, today := s.bytes(), dayOf(minute)
	week := timeOf(today).Add(-Retention + 24*time.Hour).Format(time.DateOnly)
	var tooSmall *error
	defer func() { s.tooSmall.Store(tooSmall) }()
	switch {
	case bytes > s.limit:
		err := fmt.Errorf("the current hour alone takes %d MiB, more than the %d MiB of -history-size: it is kept, and nothing before it",
			bytes>>20, s.limit>>20)
		tooSmall = &err
		s.warnOnce(today, "history exceeds its limit, the current hour alone is too large: set a larger -history-size", bytes)
	case bytes > s.limit/100*nearlyFull && slices.Min(slices.Collect(maps.Keys(s.days))) > week:
		s.warnOnce(today, "history is nearly as large as it may be, its oldest part will go before its week is over: give it a larger -history-size", bytes)
	}
}

// warnOnce logs a lasting condition once a day.
func (s *Store) warnOnce(today, what string, bytes int64) {
	if s.warned[what] != today {
		s.warned[what] = today
		s.log.Warn(what, "bytes", bytes, "limit", s.limit, "days", len(s.days))
	}
}

// drop deletes a day. s.mu is held.
func (s *Store) drop(day string) {
	if err := os.RemoveAll(filepath.Join(s.dir, day)); err != nil {
		s.log.Warn("history not deleted", "day", day, "err", err)
	}
	delete(s.days, day)
	delete(s.from, day)
	if day == s.wholeOf {
		clear(s.whole)
	}
}

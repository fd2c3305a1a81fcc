package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"elbow/internal/regular"
)

// freshSuffix is the suffix of a segment while it is rewritten.
const freshSuffix = ".new"

// dropHours deletes the older half of the hours of a day before its minute end,
// at least one: segments are rewritten, so this is not done for every hour. s.mu
// is held.
func (s *Store) dropHours(day string, end int64) {
	from := s.from[day]
	until := from + max(60, (end-from)/2/60*60)
	s.log.Warn("history exceeds its limit, its oldest hours are deleted",
		"day", day, "until", until/60, "bytes", s.bytes(), "limit", s.limit)
	if until >= minutesPerDay {
		s.drop(day)
		return
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, day))
	for _, e := range entries {
		err = errors.Join(err, s.trim(day, e.Name(), timeOf(day).Unix()/60+until))
	}
	if err != nil {
		s.log.Warn("history not deleted", "day", day, "err", firstLine(err))
	}
	s.from[day] = until
}

// trim deletes the samples of a segment before a minute. A segment without others
// is deleted, and so is one that was set aside. s.mu is held.
func (s *Store) trim(day, name string, until int64) error {
	path := filepath.Join(s.dir, day, name)
	segment, err := regular.ReadFile(path)
	if err != nil {
		return err
	}
	left := []byte(segmentHead)
	_, err = scan(segment, timeOf(day), func(one *Sample) {
		if one.Minute >= until {
			left = appendRecord(left, one)
		}
	})
	aside := strings.HasSuffix(name, damagedSuffix)
	switch {
	case errors.Is(err, errDamaged) && !aside:
		delete(s.whole, path)
		return s.setAside(path)
	case aside, len(left) == len(segmentHead):
		left, err = nil, os.Remove(path)
		delete(s.whole, path)
	case len(left) == len(segment):
		return nil
	default:
		err = replace(path, left)
	}
	if err == nil {
		s.days[day] -= onDisk(int64(len(segment))) - onDisk(int64(len(left)))
	}
	return err
}

// replace atomically replaces a file: a reader, or the next process if this one
// dies, sees the old or the new one.
func replace(path string, text []byte) error {
	if err := regular.WriteFile(path+freshSuffix, text, 0o600); err != nil {
		_ = os.Remove(path + freshSuffix) // it may not have been made
		return err
	}
	return os.Rename(path+freshSuffix, path)
}

// forgotten removes a file left by a process that died while it rewrote a
// segment, and reports whether the file was one.
func forgotten(path string) bool {
	return strings.HasSuffix(path, freshSuffix) && !errors.Is(os.Remove(path), fs.ErrPermission)
}

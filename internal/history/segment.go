package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"elbow/internal/regular"
)

// write appends samples to the segment of a load balancer. s.mu is held.
func (s *Store) write(day, lb string, samples []Sample) error {
	path, ok := s.path(day, lb)
	if !ok {
		return fmt.Errorf("%q is not the name of a load balancer", lb)
	}
	if _, whole := s.whole[path]; !whole {
		if err := s.mend(day, path); err != nil {
			return err
		}
	}
	f, err := regular.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var text []byte
	if info.Size() == 0 {
		text = append(text, segmentHead...)
	}
	for i := range samples {
		text = appendRecord(text, &samples[i])
	}
	delete(s.whole, path) // until all of it is written
	n, err := f.Write(text)
	s.days[day] += onDisk(info.Size()+int64(n)) - onDisk(info.Size())
	if err == nil {
		s.whole[path] = struct{}{}
	}
	return err
}

// mend ensures that a record can be appended to a segment: an unfinished record
// is cut off, and a damaged segment is set aside. s.mu is held.
func (s *Store) mend(day, path string) error {
	segment, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	whole, err := scan(segment, timeOf(day), func(*Sample) {})
	switch {
	case errors.Is(err, errTorn):
		s.log.Info("history segment cut after its last whole record", "segment", path, "bytes", len(segment)-whole)
		s.days[day] -= onDisk(int64(len(segment))) - onDisk(int64(whole))
		return os.Truncate(path, int64(whole))
	case err != nil:
		return s.setAside(path)
	}
	return nil
}

// damagedSuffix is the suffix of a segment that was set aside. It is deleted with
// its day.
const damagedSuffix = ".damaged"

func (s *Store) setAside(path string) error {
	s.log.Warn("history segment is damaged and set aside", "segment", path, "as", filepath.Base(path)+damagedSuffix)
	return os.Rename(path, path+damagedSuffix)
}

// read visits the samples of a load balancer's day. It needs no lock: of a
// segment that is being written it sees a prefix.
func (s *Store) read(day, lb string, visit func(*Sample)) error {
	path, ok := s.path(day, lb)
	if !ok {
		return nil
	}
	segment, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := scan(segment, timeOf(day), visit); errors.Is(err, errDamaged) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.mend(day, path)
	}
	return nil // the next write cuts off an unfinished record
}

// dayOf returns the name of a minute's day.
func dayOf(minute int64) string { return time.Unix(minute*60, 0).UTC().Format(time.DateOnly) }

// timeOf returns the begin of a day.
func timeOf(day string) time.Time {
	t, _ := time.Parse(time.DateOnly, day) // every day passed here was named by dayOf
	return t
}

// Package history records on disk what listeners did, minute by minute, for a
// week and no more than a given number of bytes. A load balancer's day is one
// file, a segment, that is appended to; the oldest day is deleted as a whole. It
// knows nothing of listeners but the numbers that it gets. Start reading at
// Store.Append, then Store.Minutes; recorder.go makes the samples.
package history

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"elbow/internal/metrics"
)

// UDP is added to the Port of a Sample of a UDP listener.
const UDP = 1 << 16

// A Sample has the counts of one or several listeners for one or several minutes.
type Sample struct {
	Minute int64 // the first minute: Unix time / 60
	Port   int   // of the listener, plus UDP for UDP; 0: all of a load balancer

	ByClass           [5]uint64 // exchanges, 1xx to 5xx
	Faults            uint64    // exchanges that ended in a fault
	BytesIn, BytesOut uint64
	Accepted, Dropped uint64 // client connections; dropped ones were over a limit

	// State at the end of the minute; of several minutes the maximum.
	Open, Active       uint64 // client connections; those with an exchange in flight
	Healthy, Unhealthy uint64 // backends

	Times metrics.Times // from a request to the end of its answer
}

// Time is the begin of the sample.
func (s *Sample) Time() time.Time { return time.Unix(s.Minute*60, 0).UTC() }

// Requests is the number of exchanges.
func (s *Sample) Requests() (n uint64) {
	for _, c := range s.ByClass {
		n += c
	}
	return n
}

// counts are the fields that add up over time, levels the others.
func (s *Sample) counts() [10]*uint64 {
	return [...]*uint64{
		&s.ByClass[0], &s.ByClass[1], &s.ByClass[2], &s.ByClass[3], &s.ByClass[4],
		&s.Faults, &s.BytesIn, &s.BytesOut, &s.Accepted, &s.Dropped,
	}
}

func (s *Sample) levels() [4]*uint64 {
	return [...]*uint64{&s.Open, &s.Active, &s.Healthy, &s.Unhealthy}
}

// beside adds the sample of another listener in the same time.
func (s *Sample) beside(other *Sample) {
	s.addCounts(other)
	levels := other.levels()
	for i, level := range s.levels() {
		*level += *levels[i]
	}
}

// after adds the sample of the same listener at another time.
func (s *Sample) after(other *Sample) {
	s.addCounts(other)
	levels := other.levels()
	for i, level := range s.levels() {
		*level = max(*level, *levels[i])
	}
}

func (s *Sample) addCounts(other *Sample) {
	counts := other.counts()
	for i, count := range s.counts() {
		*count += *counts[i]
	}
	s.Times = s.Times.Plus(other.Times)
}

// A Store is the history in a directory. The caller ensures that only one process
// has it open.
type Store struct {
	dir   string
	limit int64 // bytes
	log   *slog.Logger

	// mu is held while a minute is written: the fields must match the files.
	mu      sync.Mutex
	days    map[string]int64    // guarded by mu; bytes on disk per day
	whole   map[string]struct{} // guarded by mu; segments of the day wholeOf that end with a complete record
	wholeOf string              // guarded by mu; the day last written to
	failing bool                // guarded by mu; the last Append did not write everything
	from    map[string]int64    // guarded by mu; the first minute left, of days of which hours were dropped

	warned map[string]string // guarded by mu; the day of the last warning of each kind

	// For readers that must not wait until a minute is written: the first
	// segments of a day of 10,000 load balancers take seconds.
	size     atomic.Int64
	tooSmall atomic.Pointer[error] // why the limit is exceeded; nil: it is not
}

// Open returns the history in a directory, which is created if needed. It takes
// at most limit bytes, in blocks of blockBytes. Unreadable files are logged and
// are no error: traffic matters more.
func Open(dir string, limit int64, log *slog.Logger) *Store {
	s := &Store{
		dir: dir, limit: limit, log: log, days: make(map[string]int64), whole: make(map[string]struct{}),
		from: make(map[string]int64), warned: make(map[string]string),
	}
	if err := s.measure(); err != nil {
		log.Warn("history not read", "err", err)
	}
	s.size.Store(s.bytes())
	return s
}

// measure sums up the sizes of the existing files.
func (s *Store) measure() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	return filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		day := filepath.Base(filepath.Dir(path))
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return nil // not a file of ours
		}
		if forgotten(path) {
			return nil
		}
		info, err := d.Info()
		if err == nil {
			s.days[day] += onDisk(info.Size())
		}
		return err
	})
}

// total is the name of the segment with the sums over all load balancers.
const total = "total"

// Append writes what listeners did in one minute, by load balancer. If one load
// balancer cannot be written, it is missing in that minute; the others are not.
func (s *Store) Append(minute int64, samples map[string][]Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	day := dayOf(minute)
	if day != s.wholeOf {
		s.wholeOf = day
		clear(s.whole)
		s.expire(day)
	}
	err := os.MkdirAll(filepath.Join(s.dir, day), 0o700)
	all := Sample{Minute: minute}
	for lb, some := range samples {
		for i := range some {
			some[i].Minute = minute
			all.beside(&some[i])
		}
		err = errors.Join(err, s.write(day, lb, some))
	}
	err = errors.Join(err, s.write(day, total, []Sample{all}))
	s.shrink(minute)
	s.warn(minute)
	s.size.Store(s.bytes())
	if err != nil && !s.failing {
		s.log.Warn("history not written", "err", firstLine(err))
	}
	s.failing = err != nil
}

// Size returns the bytes on disk, and the limit. It does not wait for a minute
// that is being written; nor does Warning.
func (s *Store) Size() (bytes, limit int64) { return s.size.Load(), s.limit }

// Warning returns why the limit is exceeded, nil if it is not.
func (s *Store) Warning() error {
	if err := s.tooSmall.Load(); err != nil {
		return *err
	}
	return nil
}

// firstLine shortens an error that a thousand segments may have.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// path returns the path of a load balancer's segment. Names are ids generated by
// the program: no load balancer has a name with other characters.
func (s *Store) path(day, lb string) (path string, ok bool) {
	if lb == "" || strings.Trim(lb, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "", false
	}
	return filepath.Join(s.dir, day, lb), true
}

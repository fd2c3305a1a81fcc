package history

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const roomy = 1 << 30

// open opens the history of a directory and collects what it logs.
func open(t *testing.T, dir string, limit int64) (*Store, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	return Open(dir, limit, slog.New(slog.NewTextHandler(&log, nil))), &log
}

// minute writes one request of a listener of lb-1.
func minute(s *Store, at int64) {
	s.Append(at, map[string][]Sample{"lb-1": {{Port: 443, ByClass: [5]uint64{1: 1}}}})
}

// minutes returns the minutes that have a sample.
func minutes(t *testing.T, s *Store, lb string) (all []int64) {
	t.Helper()
	samples, err := s.Minutes(lb, testFirst-30*minutesPerDay, testFirst+30*minutesPerDay, func(int) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range samples {
		all = append(all, one.Minute-testFirst)
	}
	return all
}

func want[T comparable](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func all(int) bool { return true }

func TestWhatIsAppendedIsRead(t *testing.T) {
	dir := t.TempDir()
	s, log := open(t, dir, roomy)
	for at := testFirst - 2; at < testFirst+2; at++ { // across midnight
		s.Append(at, map[string][]Sample{
			"lb-1": {busy(0, 443), busy(0, 80)},
			"lb-2": {{Port: 443, Open: 7}},
		})
	}
	for _, store := range []*Store{s, Open(dir, roomy, slog.Default())} {
		got, err := store.Minutes("lb-1", testFirst-1, testFirst+1, all)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "two minutes of two listeners", got, busy(testFirst-1, 80), busy(testFirst-1, 443), busy(testFirst, 80), busy(testFirst, 443))
		got, _ = store.Minutes("lb-1", testFirst, testFirst+1, func(port int) bool { return port == 443 })
		want(t, "one listener", got, busy(testFirst, 443))
		got, _ = store.Minutes("lb-2", testFirst+1, testFirst+60, all)
		want(t, "another load balancer", got, Sample{Minute: testFirst + 1, Port: 443, Open: 7})
		got, err = store.Minutes("lb-3", testFirst-60, testFirst+60, all)
		if len(got) > 0 || err != nil {
			t.Errorf("a load balancer that never was: got %v and %v", got, err)
		}
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

// Counts of steps add up; levels add up over listeners and are the maximum over
// time.
func TestSteps(t *testing.T) {
	s, _ := open(t, t.TempDir(), roomy)
	for n, open := range []uint64{5, 9, 2, 1, 0, 0, 0, 3} {
		if open > 0 {
			s.Append(testFirst+int64(n), map[string][]Sample{
				"lb-1": {{Port: 80, Open: open, Accepted: 10}, {Port: 443, Open: 1, Accepted: 1}},
				"lb-2": {{Port: 443, Open: 100, Accepted: 100}},
			})
		}
	}
	got, err := s.Steps("lb-1", testFirst-2, testFirst+10, 2)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "lb-1", got,
		Sample{Minute: testFirst, Open: 10, Accepted: 22},
		Sample{Minute: testFirst + 2, Open: 3, Accepted: 22},
		Sample{Minute: testFirst + 4},
		Sample{Minute: testFirst + 6, Open: 4, Accepted: 11},
		Sample{Minute: testFirst + 8},
	)
	got, _ = s.Steps("", testFirst, testFirst+4, 4)
	want(t, "all", got, Sample{Minute: testFirst, Open: 110, Accepted: 444})
	if got, err = s.Steps("lb-3", testFirst, testFirst+60, 15); len(got) > 0 || err != nil {
		t.Errorf("a load balancer that never was: got %v and %v", got, err)
	}
}

// A minute with a takeover is written by both processes.
func TestPiecesOfAMinute(t *testing.T) {
	dir := t.TempDir()
	older, _ := open(t, dir, roomy)
	older.Append(testFirst, map[string][]Sample{"lb-1": {{Port: 443, Accepted: 3, Open: 8}}})
	newer, _ := open(t, dir, roomy)
	newer.Append(testFirst, map[string][]Sample{"lb-1": {{Port: 443, Accepted: 4, Open: 5}}})
	got, _ := newer.Minutes("lb-1", testFirst, testFirst+1, all)
	want(t, "the minute", got, Sample{Minute: testFirst, Port: 443, Accepted: 7, Open: 8})
}

// The process may be killed at any byte: earlier records stay, and later ones are
// appended after them.
func TestKilledAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, roomy)
	minute(s, testFirst)
	minute(s, testFirst+1)
	path := filepath.Join(dir, "2026-11-25", "lb-1")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sample := Sample{Minute: testFirst, Port: 443, ByClass: [5]uint64{1: 1}}
	first := len(segmentOf(sample))
	for n := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		var before []int64
		if n >= first {
			before = append(before, 0)
		}
		if n == len(whole) {
			before = append(before, 1)
		}
		s, log := open(t, dir, roomy)
		want(t, fmt.Sprintf("%d bytes", n), minutes(t, s, "lb-1"), before...)
		minute(s, testFirst+2)
		minute(s, testFirst+3)
		want(t, fmt.Sprintf("%d bytes and then more", n), minutes(t, s, "lb-1"), append(before, 2, 3)...)
		if strings.Contains(log.String(), "damaged") {
			t.Fatalf("%d bytes: logged %s", n, log)
		}
	}
}

// A damaged segment is set aside, logged once, and affects no other.
func TestDamagedSegmentIsSetAside(t *testing.T) {
	for _, first := range []string{"read", "written"} {
		t.Run(first+" first", func(t *testing.T) {
			dir := t.TempDir()
			s, _ := open(t, dir, roomy)
			for at := testFirst - 1; at < testFirst+2; at++ {
				minute(s, at)
			}
			path := filepath.Join(dir, "2026-11-25", "lb-1")
			segment, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			segment[len(segmentHead)+8] ^= 1
			if err := os.WriteFile(path, segment, 0o600); err != nil {
				t.Fatal(err)
			}
			s, log := open(t, dir, roomy)
			if first == "read" {
				want(t, "the day before", minutes(t, s, "lb-1"), -1)
			}
			minute(s, testFirst+2)
			want(t, "what is left", minutes(t, s, "lb-1"), -1, 2)
			want(t, "all load balancers", minutes(t, s, total), -1, 0, 1, 2)
			if n := strings.Count(log.String(), "damaged and set aside"); n != 1 {
				t.Errorf("told %d times: %s", n, log)
			}
			if kept, err := os.ReadFile(path + damagedSuffix); err != nil || !bytes.Equal(kept, segment) {
				t.Errorf("what was damaged is not there to be looked at: %v", err)
			}
		})
	}
}

// Days are deleted when they are older than a week.
func TestOldDaysGo(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, roomy)
	for day := range int64(12) {
		minute(s, testFirst+day*minutesPerDay)
		if day == 5 {
			s, _ = open(t, dir, roomy) // what an earlier process wrote is counted
		}
	}
	want(t, "minutes", minutes(t, s, "lb-1"), 4*1440, 5*1440, 6*1440, 7*1440, 8*1440, 9*1440, 10*1440, 11*1440)
	want(t, "days", names(t, dir), "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06")
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A clock that is years ahead at one start deletes nothing, nor does one that is
// years behind; once it continues from there for a day, it is believed.
func TestClockThatJumps(t *testing.T) {
	for name, jump := range map[string]int64{"ten years ahead": 3650, "a month ahead": 30, "behind": -3000} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, _ := open(t, dir, 1<<30)
			for day := range int64(7) {
				minute(s, testFirst+day*minutesPerDay)
			}
			days := func() int {
				found, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				return len(found)
			}
			s, _ = open(t, dir, 1<<30) // a restart
			odd := testFirst + (6+jump)*minutesPerDay
			minute(s, odd)
			minute(s, odd+600)
			if got := days(); got != 8 {
				t.Errorf("after a jump by %d days there are %d days of 8", jump, got)
			}
			s, _ = open(t, dir, 1<<30)
			minute(s, testFirst+7*minutesPerDay) // the clock is right again
			if got, err := s.Minutes("lb-1", testFirst, testFirst+8*minutesPerDay, func(int) bool { return true }); err != nil || len(got) != 8 {
				t.Errorf("once the clock is right there are %d samples of 8 (%v)", len(got), err)
			}
		})
	}
	s, _ := open(t, t.TempDir(), 1<<30)
	for _, day := range []int64{0, 1, 100, 101} {
		minute(s, testFirst+day*minutesPerDay)
	}
	if got, err := s.Minutes("lb-1", testFirst, testFirst+102*minutesPerDay, func(int) bool { return true }); err != nil || len(got) != 2 {
		t.Errorf("a node that was off for long keeps %d samples of 2 (%v)", len(got), err)
	}
}

// The history stays within its limit: the oldest day is deleted, and of the last
// two days the oldest hours.
func TestSizeIsBounded(t *testing.T) {
	dir := t.TempDir()
	const limit = 24 * blockBytes // two segments a day: twelve days
	s, log := open(t, dir, limit)
	for day := range int64(3) {
		minute(s, testFirst+day*minutesPerDay)
	}
	before := log.String()
	for n := range int64(1400) { // of one day, more than the limit
		some := map[string][]Sample{"lb-1": nil}
		for port := range 50 {
			some["lb-1"] = append(some["lb-1"], Sample{Port: port + 1, Open: uint64(n)})
		}
		s.Append(testFirst+3*minutesPerDay+n, some)
		if bytes := taken(t, dir); bytes > limit {
			t.Fatalf("minute %d: %d bytes, at most %d", n, bytes, limit)
		}
		if n%50 == 0 {
			if measured, _ := open(t, dir, limit); fmt.Sprint(measured.days) != fmt.Sprint(s.days) {
				t.Fatalf("minute %d: counted %v, there are %v", n, s.days, measured.days)
			}
			got := slices.DeleteFunc(minutes(t, s, total), func(at int64) bool { return at < 3*1440 })
			if int64(len(got)) < n%60+1 || !contiguous(got) || got[len(got)-1] != 3*1440+n {
				t.Fatalf("minute %d: there are %v", n, got)
			}
		}
	}
	for _, line := range []string{"its oldest day is deleted", "its oldest hours are deleted", "will go before its week is over"} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("no word that %s", line)
		}
	}
	if strings.Contains(before, "deleted") || s.Warning() != nil {
		t.Errorf("with room left: logged %s; and in the end: %v", before, s.Warning())
	}
	warned, dropped := strings.Index(log.String(), "will go before"), strings.Index(log.String(), "deleted")
	if warned > dropped {
		t.Error("the warning came after the fact")
	}
}

// contiguous reports whether no minute is left out.
func contiguous(minutes []int64) bool {
	for i := 1; i < len(minutes); i++ {
		if minutes[i] != minutes[i-1]+1 {
			return false
		}
	}
	return true
}

// The current hour stays even if it exceeds the limit by itself, and nothing else
// does.
func TestCurrentHourStays(t *testing.T) {
	dir := t.TempDir()
	const listeners, limit = 30, 8 * blockBytes
	s, log := open(t, dir, limit)
	for n := range int64(150) { // two hours and a half
		some := make(map[string][]Sample)
		for lb := range listeners {
			some[fmt.Sprintf("lb-%d", lb)] = []Sample{{Port: 443, Open: 1}}
		}
		s.Append(testFirst+600+n, some)
		for _, lb := range []string{"lb-0", total} {
			got := minutes(t, s, lb)
			if hour := n % 60; int64(len(got)) < hour+1 || !contiguous(got) || got[len(got)-1] != 600+n {
				t.Fatalf("minute %d: of %s there is %v, want the current hour at least", n, lb, got)
			}
		}
	}
	got := minutes(t, s, "lb-0")
	if got[0] != 720 {
		t.Errorf("the first minute is %d, want that of the current hour", got[0])
	}
	if err := s.Warning(); err == nil || !strings.Contains(err.Error(), "-history-size") {
		t.Errorf("the warning is %v", err)
	}
	if n := strings.Count(log.String(), "the current hour alone is too large"); n != 1 {
		t.Errorf("told %d times", n)
	}
	if bytes, most := s.Size(); most != limit || bytes != taken(t, dir) {
		t.Errorf("%d bytes of %d, there are %d", bytes, most, taken(t, dir))
	}
}

// A process that dies while hours are deleted leaves a segment in its old or its
// new state, and the next process removes leftovers. Damaged segments are deleted
// first.
func TestHoursAreDroppedAtomically(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, roomy)
	for n := range int64(180) {
		minute(s, testFirst+n)
	}
	path := filepath.Join(dir, "2026-11-25", "lb-1")
	for _, name := range []string{path + freshSuffix, path + damagedSuffix} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, _ = open(t, dir, 3*blockBytes)
	if _, err := os.Stat(path + freshSuffix); err == nil {
		t.Error("what was left over is still there")
	}
	for n := int64(180); n < 800; n++ {
		minute(s, testFirst+n)
	}
	if _, err := os.Stat(path + damagedSuffix); err == nil {
		t.Error("the damaged segment has outlived good ones")
	}
	got := minutes(t, s, "lb-1")
	if len(got) == 0 || got[0] == 0 || got[len(got)-1] != 799 || !contiguous(got) {
		t.Errorf("there is %v", got)
	}
	again, _ := open(t, dir, 3*blockBytes)
	want(t, "bytes", []int64{again.bytes()}, s.bytes())
}

func taken(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	for _, day := range names(t, dir) {
		for _, name := range names(t, filepath.Join(dir, day)) {
			info, err := os.Stat(filepath.Join(dir, day, name))
			if err != nil {
				t.Fatal(err)
			}
			bytes += onDisk(info.Size())
		}
	}
	return bytes
}

// A directory that cannot be written to is logged once, and only the minutes
// meanwhile are lost.
func TestNotWritable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file is in the way
		t.Fatal(err)
	}
	s, log := open(t, dir, roomy)
	log.Reset()
	minute(s, testFirst)
	minute(s, testFirst+1)
	if n := strings.Count(log.String(), "history not written"); n != 1 {
		t.Errorf("told %d times: %s", n, log)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	minute(s, testFirst+2)
	want(t, "minutes", minutes(t, s, "lb-1"), 2)
}

// No name leads out of the directory.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	s, log := open(t, dir, roomy)
	minute(s, testFirst)
	if err := os.Link(filepath.Join(dir, "2026-11-25", "lb-1"), filepath.Join(dir, "lb-1")); err != nil {
		t.Fatal(err)
	}
	for _, lb := range []string{"../lb-1", "../2026-11-25/lb-1", "./lb-1", "lb-1/", "LB-1", "lb-1\x00"} {
		got, err := s.Minutes(lb, testFirst, testFirst+1, all)
		if len(got) > 0 || err != nil {
			t.Errorf("%q: got %v and %v", lb, got, err)
		}
		s.Append(testFirst+1, map[string][]Sample{lb: {{Port: 443}}})
	}
	if !strings.Contains(log.String(), "is not the name of a load balancer") {
		t.Errorf("logged %s", log)
	}
	want(t, "days", names(t, dir), "2026-11-25", "lb-1")
	want(t, "segments", names(t, filepath.Join(dir, "2026-11-25")), "lb-1", total)
}

// BenchmarkAppend writes a minute of 1,000 busy listeners.
func BenchmarkAppend(b *testing.B) {
	dir := b.TempDir()
	s := Open(dir, roomy, slog.Default())
	samples := make(map[string][]Sample)
	for n := range 1000 {
		one := busy(0, 443)
		for _, field := range one.fields() {
			*field *= 1000
		}
		samples[fmt.Sprintf("lb-%021d", n)] = []Sample{one}
	}
	began, n := time.Now().Unix()/60, int64(0)
	for b.Loop() {
		s.Append(began+n, samples)
		n++
	}
}

// Reading the size does not wait for a minute that is being written.
func TestSizeDoesNotWait(t *testing.T) {
	s, _ := open(t, t.TempDir(), roomy)
	minute(s, testFirst)
	s.mu.Lock() // as while a minute is written
	defer s.mu.Unlock()
	if bytes, limit := s.Size(); bytes != 2*blockBytes || limit != roomy || s.Warning() != nil {
		t.Errorf("got %d of %d, %v", bytes, limit, s.Warning())
	}
}

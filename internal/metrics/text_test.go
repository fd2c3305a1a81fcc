package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// With more instances than are shown in full, there is one histogram for all of
// them, rare rows are shown when they are not 0, and other rows are unchanged.
func TestManyInstances(t *testing.T) {
	set := newSites()
	for n := range 3 {
		c := set.Add(nil, "lb-1", fmt.Sprint(n)).Local()
		c.total.Observe(3 * time.Millisecond)
		c.bytes.Add(uint64(n))
		c.faults.Add(uint64(n / 2))
	}
	got := scrape(t, set, 2)
	for _, want := range []string{
		`site_seconds_bucket{phase="total",le="0.002"} 0`,
		`site_seconds_bucket{phase="total",le="0.005"} 3`,
		`site_seconds_bucket{phase="total",le="+Inf"} 3`,
		`site_seconds_sum{phase="total"} 0.009`,
		`site_seconds_count{phase="total"} 3`,
		`site_bytes_total{load_balancer="lb-1",port="0"} 0`,
		`site_bytes_total{load_balancer="lb-1",port="2"} 2`,
		`site_faults_total{load_balancer="lb-1",port="2",side="client"} 1`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %s", want)
		}
	}
	for _, line := range got {
		if strings.HasPrefix(line, "site_seconds") && strings.Contains(line, "port=") ||
			strings.HasPrefix(line, "site_faults") && strings.HasSuffix(line, " 0") {
			t.Errorf("the line %s is left out of many", line)
		}
	}
	in := strings.Join(scrape(t, set, 3), "\n")
	for _, want := range []string{`site_seconds_count{load_balancer="lb-1",phase="total",port="1"} 1`, `site_faults_total{load_balancer="lb-1",port="0",side="client"} 0`} {
		if !strings.Contains(in, want) {
			t.Errorf("of as many as are shown in full: no line %s in\n%s", want, in)
		}
	}
}

// Where there are too many instances, those with labels in common are aggregated.
func TestGroups(t *testing.T) {
	set := newSites()
	set.GroupBy(1)
	for n := range 5 {
		c := set.Add(func(c *site) { c.healthy.Set(1) }, fmt.Sprintf("lb-%d", n%2), fmt.Sprint(n)).Local()
		c.bytes.Add(uint64(10 + n))
		c.faults.Add(uint64(n / 4))
	}
	got := scrape(t, set, 4)
	for _, want := range []string{
		`site_bytes_total{load_balancer="lb-0"} 36`, `site_bytes_total{load_balancer="lb-1"} 24`,
		`site_healthy{load_balancer="lb-0"} 3`, `site_healthy{load_balancer="lb-1"} 2`,
		`site_faults_total{load_balancer="lb-0",side="client"} 1`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no line %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	if in := strings.Join(got, "\n"); strings.Contains(in, "port=") || strings.Contains(in, `site_faults_total{load_balancer="lb-1"`) {
		t.Errorf("got\n%s", in)
	}
	if got := scrape(t, set, 5); !slices.Contains(got, `site_bytes_total{load_balancer="lb-0",port="4"} 14`) {
		t.Errorf("as many as are shown one by one:\n%s", strings.Join(got, "\n"))
	}
}

// Values are quoted as the format wants it.
func TestQuotedLabels(t *testing.T) {
	set := newSites()
	set.Add(nil, "a\"b\\c\nd", "443")
	if got, want := scrape(t, set, everything), `site_bytes_total{load_balancer="a\"b\\c\nd",port="443"} 0`; !slices.Contains(got, want) {
		t.Errorf("no line %s in\n%s", want, strings.Join(got, "\n"))
	}
}

// However many instances there are, a scrape buffers only a few lines: ten times
// as many take ten times the bytes and no more memory, except for the list of
// instances.
func TestWriteIsStreamed(t *testing.T) {
	for _, full := range []int{0, everything} {
		cost := func(instances int) (perRun float64) {
			set := newSites()
			for n := range instances {
				set.Add(nil, "lb-1", fmt.Sprint(n))
			}
			return testing.AllocsPerRun(5, func() { _ = set.Write(io.Discard, full) })
		}
		if few, many := cost(100), cost(1000); many > few+3 {
			t.Errorf("full up to %d: %v allocations for 100 instances, %v for 1000", full, few, many)
		}
	}
	set := newSites()
	for n := range 1000 {
		set.Add(nil, "lb-1", fmt.Sprint(n))
	}
	var sizes sizes
	if err := set.Write(&sizes, everything); err != nil {
		t.Fatal(err)
	}
	if sizes.all < 1<<20 || sizes.largest > 2*textBytes {
		t.Errorf("%d bytes in all, %d at a time", sizes.all, sizes.largest)
	}
}

// sizes records how much is written.
type sizes struct{ all, largest int }

func (s *sizes) Write(p []byte) (int, error) {
	s.all, s.largest = s.all+len(p), max(s.largest, len(p))
	return len(p), nil
}

// When the reader is gone, nothing more is written, and the error says so.
func TestWriteFails(t *testing.T) {
	set := newSites()
	for n := range 1000 {
		set.Add(nil, "lb-1", fmt.Sprint(n))
	}
	gone := &broken{left: 2}
	if err := set.Write(gone, everything); !errors.Is(err, errGone) || gone.writes != 3 {
		t.Errorf("got %v after %d writes, want %v after 3", err, gone.writes, errGone)
	}
	var none bytes.Buffer
	if err := newSites().Write(&none, everything); err != nil || !strings.HasPrefix(none.String(), "# HELP site_requests_total Requests.\n# TYPE site_requests_total counter\n") {
		t.Errorf("without instances: %v, %q", err, none.String())
	}
}

var errGone = errors.New("gone")

// broken accepts a few writes.
type broken struct{ left, writes int }

func (b *broken) Write(p []byte) (int, error) {
	b.writes++
	if b.left--; b.left < 0 {
		return 0, errGone
	}
	return len(p), nil
}

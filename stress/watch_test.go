package stress

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"elbow/internal/elbtest"
)

// patience bounds all waits of a test; only a failing test reaches it.
const patience = 60 * time.Second

// startNode starts the program with the arguments.
func startNode(t *testing.T, args ...string) *elbtest.Node {
	t.Helper()
	return elbtest.Start(t, elbtest.Options{Args: args})
}

// scraper uses no persistent connections, which would be counted.
var scraper = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// scrape reads the metrics of a node: series without labels by name, others by
// name and labels as they are written.
func scrape(n *elbtest.Node) (map[string]float64, error) {
	res, err := scraper.Get("http://" + n.Admin + "/metrics")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	all := make(map[string]float64)
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if i := strings.LastIndexByte(lines.Text(), ' '); i > 0 && lines.Text()[0] != '#' {
			if v, err := strconv.ParseFloat(lines.Text()[i+1:], 64); err == nil {
				all[lines.Text()[:i]] = v
			}
		}
	}
	return all, lines.Err()
}

// rss returns the resident memory of a process in bytes.
func rss(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of %d: %q", pid, text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// A trend is a linear regression through measurements.
type trend struct {
	at, value []float64 // seconds; whatever is measured
}

func (t *trend) add(at time.Duration, value float64) {
	t.at, t.value = append(t.at, at.Seconds()), append(t.value, value)
}

// from returns the measurements from a time on.
func (t *trend) from(at time.Duration) *trend {
	i := sort.SearchFloat64s(t.at, at.Seconds())
	return &trend{t.at[i:], t.value[i:]}
}

// growth is how much the line rises from the first measurement to the last, and
// mean is its middle.
func (t *trend) growth() (rise, mean float64) {
	n := float64(len(t.at))
	if n < 2 {
		return 0, 0
	}
	var x, y, xx, xy float64
	for i := range t.at {
		x, y = x+t.at[i], y+t.value[i]
		xx, xy = xx+t.at[i]*t.at[i], xy+t.at[i]*t.value[i]
	}
	slope := (n*xy - x*y) / (n*xx - x*x)
	return slope * (t.at[len(t.at)-1] - t.at[0]), y / n
}

// cpuTime returns the processor time of a process, in hundredths of a second.
func cpuTime(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return user + system, err
}

package main

import (
	"cmp"
	"flag"
	"fmt"
)

// metricsFlags adds the flags that bound the size of a scrape and of the history.
func (c *config) metricsFlags(f *flag.FlagSet) {
	f.IntVar(&c.MetricsListeners, "metrics-listeners", c.MetricsListeners,
		"listeners up to which /metrics has all metrics of each, 11 KB a listener. With\n"+
			"more, histograms are aggregated over all listeners, and counters of faults and\n"+
			"refusals appear once they are not 0: 1.3 KB a listener")
	f.IntVar(&c.MetricsBackends, "metrics-backends", c.MetricsBackends,
		"backends, counted for each listener, up to which /metrics has each of them, 10 KB a\n"+
			"backend. With more, they are summed by listener: 1.3 KB a listener")
}

func (c *config) validateMetrics() error {
	return cmp.Or(
		within("-metrics-listeners", c.MetricsListeners, 0, maxCount),
		within("-metrics-backends", c.MetricsBackends, 0, maxCount))
}

// minHistory is a day of a hundred busy listeners: with less, a chart of 6 hours would
// have gaps. What more listeners take in an hour is kept all the same.
const minHistory = 8 << 20

func (c *config) validateHistory() error {
	if c.HistorySize != 0 && c.HistorySize < minHistory {
		return fmt.Errorf("-history-size: must be 0 or at least 8MiB, not %s", byteSize(c.HistorySize))
	}
	return nil
}

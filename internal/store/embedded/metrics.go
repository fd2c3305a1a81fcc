package embedded

import "github.com/prometheus/client_golang/prometheus"

// Collector exposes the member's health to Prometheus.
func (m *Member) Collector() prometheus.Collector { return collector{m} }

type collector struct{ member *Member }

var (
	sizeDesc = prometheus.NewDesc("elbow_store_size_bytes",
		"Size of the store's database on disk.", nil, nil)
	inUseDesc = prometheus.NewDesc("elbow_store_in_use_bytes",
		"Size of the used pages of the store's database.", nil, nil)
	quotaDesc = prometheus.NewDesc("elbow_store_quota_bytes",
		"Maximum size of the store's database; beyond it writes are refused.", nil, nil)
	diskDesc = prometheus.NewDesc("elbow_store_disk_free_bytes",
		"Free space on the file system of the data directory.", nil, nil)
	writableDesc = prometheus.NewDesc("elbow_store_writable",
		"1 if the store accepts writes, else 0.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{sizeDesc, inUseDesc, quotaDesc, diskDesc, writableDesc} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	h := c.member.Health()
	gauge := func(desc *prometheus.Desc, value float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	gauge(sizeDesc, float64(h.Size))
	gauge(inUseDesc, float64(h.InUse))
	gauge(quotaDesc, float64(h.Quota))
	gauge(diskDesc, float64(h.Disk))
	writable := 0.0
	if h.Err == nil {
		writable = 1
	}
	gauge(writableDesc, writable)
}

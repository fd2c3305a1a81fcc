package main

import (
	"net/netip"
	"time"

	"elbow/internal/profile"
	"elbow/internal/proxy"
)

// A nodeConfig is what belongs to the machine. What belongs to a customer is in the
// API; nothing is in both.
type nodeConfig struct {
	version string // of the program

	data    string // directory
	region  string
	vswitch netip.Prefix

	eipPool []netip.Prefix // none: there are no EIPs

	backendNetworks []netip.Prefix // none: elb.Reach's default

	api     string // host:port
	apiCert string // file; "": the API speaks plain HTTP
	apiKey  string // file

	// apiPlain has the API's port serve plain HTTP beside TLS.
	apiPlain bool

	admin   string // host:port, or off
	console string // on, off or auto

	maxAPIConns int // of the API and the console

	accessLog string // file, - or off
	auditLog  string // file, - or off; "": audit.log in data
	auditSize int64  // bytes, of it and the one before; 0: no limit

	historySize int64 // bytes; 0: no history

	metricsListeners int // that have histograms of their own
	metricsBackends  int // that are shown one by one

	http3           bool
	manageAddresses bool
	maxConnections  int
	maxListener     int // connections; 0: as many as maxConnections
	maxBackendConns int
	queueTimeout    time.Duration
	maxHandshakes   int // 0: as many as there are processors
	drainTimeout    time.Duration
	abortOnClose    bool
	takeover        bool

	slowStart    time.Duration
	loadFactor   int // percent; 0: no bound
	retryPercent int
	retryBurst   int

	gcPercent   int
	memoryLimit int64 // bytes; 0: none is known

	// The root access key comes from the environment alone: others can read a
	// command line.
	accessKeyID string // "": the first start makes one
	secret      string
}

// off is the value of what can be switched off.
const off = "off"

// defaultNodeConfig is what holds unless something else is asked for.
func defaultNodeConfig() nodeConfig {
	return nodeConfig{
		data:    "elbow-data",
		region:  "local",
		vswitch: netip.MustParsePrefix("127.8.0.0/16"),
		api:     profile.DefaultAPI,
		admin:   "127.0.0.1:8096",
		console: consoleAuto,

		maxAPIConns: 512,

		accessLog: off,
		auditSize: 256 << 20, // a million calls

		// A week of 1,000 listeners with traffic in every minute takes 430 MB, of
		// 1,000 without any 140 MB.
		historySize: 512 << 20,

		// A scrape of 10 MB and of 20 MB.
		metricsListeners: 1000,
		metricsBackends:  2000,

		http3: true,

		maxConnections:  proxy.DefaultMaxConns,
		maxBackendConns: proxy.DefaultMaxBackendConns,
		queueTimeout:    proxy.DefaultQueueTimeout,

		drainTimeout: proxy.DefaultDrainTimeout,

		retryPercent: proxy.DefaultRetryPercent,
		retryBurst:   proxy.DefaultRetryBurst,

		// A request in steady state allocates nothing, so the collector runs for
		// new connections and calls of the API alone. Against Go's 100 this saves 1
		// of 12 KB an idle TLS connection and costs some 3% of the CPU time of a new
		// one, both well under nginx and HAProxy (make bench: connect, idle).
		gcPercent: 80,
	}
}

// orNone is n for Options whose zero value is a default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

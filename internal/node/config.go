package node

import (
	"net/netip"
	"time"

	"elbow/internal/profile"
	"elbow/internal/proxy"
)

// A Config holds the settings of the machine. Settings of customers are made through the
// API; no setting is in both.
type Config struct {
	Version string // of the program

	Data    string // directory
	Region  string
	VSwitch netip.Prefix

	EIPPool []netip.Prefix // none: there are no EIPs

	BackendNetworks []netip.Prefix // none: elb.Reach's default

	DNSServers []netip.AddrPort // none: those of /etc/resolv.conf

	API     string // host:port
	APICert string // file; "": the API speaks plain HTTP
	APIKey  string // file

	// APIPlain makes the API's port serve plain HTTP as well as TLS.
	APIPlain bool

	Admin   string // host:port, or off
	Console string // on, off or auto

	MaxAPIConns int // of the API and the console

	AccessLog string // file, - or off
	AuditLog  string // file, - or off; "": audit.log in data
	AuditSize int64  // bytes, of the current file and the previous one together; 0: no limit

	HistorySize int64 // bytes; 0: no history

	MetricsListeners int // that have their own histograms
	MetricsBackends  int // that have their own series

	HTTP3            bool
	ManageAddresses  bool
	MaxConnections   int
	MaxListenerConns int // connections; 0: as many as maxConnections
	MaxBackendConns  int
	QueueTimeout     time.Duration
	MaxHandshakes    int // 0: as many as there are processors
	DrainTimeout     time.Duration
	AbortOnClose     bool
	Takeover         bool

	SlowStart    time.Duration
	LoadFactor   int // percent; 0: no bound
	RetryPercent int
	RetryBurst   int

	GCPercent   int
	MemoryLimit int64 // bytes; 0: none is known

	// The root access key comes only from the environment: other users of the machine can
	// read a command line.
	AccessKeyID string // "": the first start makes one
	Secret      string
}

// Off is the value that disables a feature which has an address, a file or a mode as its
// setting.
const Off = "off"

// DefaultConfig returns the default settings.
func DefaultConfig() Config {
	return Config{
		Data:    "elbow-data",
		Region:  "local",
		VSwitch: netip.MustParsePrefix("127.8.0.0/16"),
		API:     profile.DefaultAPI,
		Admin:   "127.0.0.1:8096",
		Console: ConsoleAuto,

		MaxAPIConns: 512,

		AccessLog: Off,
		AuditSize: 256 << 20, // a million calls

		// A week of history takes 430 MB for 1,000 listeners with traffic in every minute,
		// and 140 MB for 1,000 listeners without traffic.
		HistorySize: 512 << 20,

		// A scrape is 10 MB for the listeners and 20 MB for the backends.
		MetricsListeners: 1000,
		MetricsBackends:  2000,

		HTTP3: true,

		MaxConnections:  proxy.DefaultMaxConns,
		MaxBackendConns: proxy.DefaultMaxBackendConns,
		QueueTimeout:    proxy.DefaultQueueTimeout,

		DrainTimeout: proxy.DefaultDrainTimeout,

		RetryPercent: proxy.DefaultRetryPercent,
		RetryBurst:   proxy.DefaultRetryBurst,

		// A request in steady state allocates nothing, so the collector runs for
		// new connections and calls of the API alone. Against Go's 100 this saves 1
		// of 12 KB an idle TLS connection and costs some 3% of the CPU time of a new
		// one, both well under nginx and HAProxy (make bench: connect, idle).
		GCPercent: 80,
	}
}

// orNone converts n for Options whose zero value selects a default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

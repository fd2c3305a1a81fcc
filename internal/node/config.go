package node

import (
	"net/netip"
	"time"

	"elbow/internal/profile"
	"elbow/internal/proxy"
)

// A Config is what belongs to the machine. What belongs to a customer is in the
// API; nothing is in both.
type Config struct {
	Version string // of the program

	Data    string // directory
	Region  string
	VSwitch netip.Prefix

	EIPPool []netip.Prefix // none: there are no EIPs

	BackendNetworks []netip.Prefix // none: elb.Reach's default

	API     string // host:port
	APICert string // file; "": the API speaks plain HTTP
	APIKey  string // file

	// APIPlain has the API's port serve plain HTTP beside TLS.
	APIPlain bool

	Admin   string // host:port, or off
	Console string // on, off or auto

	MaxAPIConns int // of the API and the console

	AccessLog string // file, - or off
	AuditLog  string // file, - or off; "": audit.log in data
	AuditSize int64  // bytes, of it and the one before; 0: no limit

	HistorySize int64 // bytes; 0: no history

	MetricsListeners int // that have histograms of their own
	MetricsBackends  int // that are shown one by one

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

	// The root access key comes from the environment alone: others can read a
	// command line.
	AccessKeyID string // "": the first start makes one
	Secret      string
}

// Off is the value of what can be switched off.
const Off = "off"

// DefaultConfig is what holds unless something else is asked for.
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

		// A week of 1,000 listeners with traffic in every minute takes 430 MB, of
		// 1,000 without any 140 MB.
		HistorySize: 512 << 20,

		// A scrape of 10 MB and of 20 MB.
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

// orNone is n for Options whose zero value is a default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"unicode"

	"elbow/internal/elb"
	"elbow/internal/node"
)

// A config holds the settings of the command line and the config file.
type config struct{ node.Config }

func defaultConfig() config {
	c := config{node.DefaultConfig()}
	c.Version = buildVersion()
	return c
}

// The environment variables of the root access key.
const (
	keyIDVariable  = "ELBOW_ACCESS_KEY_ID"
	secretVariable = "ELBOW_ACCESS_KEY_SECRET"
)

// flags returns the flag set of the command line and the config file.
func (c *config) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.StringVar(&c.Data, "data", c.Data,
		"`DIR` with the state: the store, the key that encrypts its secrets,\n"+
			"and root-credentials if the first start created them. Created if missing")
	f.StringVar(&c.Region, "region", c.Region,
		"`NAME` of the region that the first start creates; later starts ignore it")
	f.Var((*cidr)(&c.VSwitch), "vswitch",
		"`CIDR` of the vSwitch that the first start creates, from which load balancers\n"+
			"get their addresses; later starts ignore it. May be a single address, as a /32")
	f.Var((*networks)(&c.EIPPool), "eip-pool",
		"`CIDR`,… that EIPs, further addresses of load balancers, are allocated from. They\n"+
			"must be routed to this machine (default: none). The first and the last address\n"+
			"of a range are not used, except in a /31 or /32. A range that shares addresses\n"+
			"with a vSwitch is not used")
	f.Var((*networks)(&c.BackendNetworks), "backend-networks",
		"`CIDR`,… that backends may be in, as 10.0.0.0/8,fd00::/8 (default: all addresses\n"+
			"except link-local ones and the metadata services of clouds). Link-local addresses\n"+
			"need a range of their own, metadata services an entry each. The sockets of\n"+
			"-api and -admin are never backends, nor are unspecified, broadcast and multicast\n"+
			"addresses")
	c.dnsFlag(f)
	c.apiFlags(f)
	f.StringVar(&c.AccessLog, "access-log", c.AccessLog,
		"`FILE` for a JSON line per request, connection or UDP session, - for standard\n"+
			"output, or off. SIGHUP reopens the file, after it was rotated")
	c.auditFlags(f)
	f.Var((*byteSize)(&c.HistorySize), "history-size",
		"`SIZE`, as 512MiB, that the history may take in the data directory: statistics of\n"+
			"each listener, minute by minute, for a week, for the charts of the console and\n"+
			"the monitor operations. Beyond it the oldest part is deleted, but never the\n"+
			"current hour. 0: no history")
	f.BoolVar(&c.HTTP3, "http3", c.HTTP3,
		"HTTPS listeners serve HTTP/3 as well, on the UDP port of the same number, and\n"+
			"advertise it with Alt-Svc. If the port is in use they serve without it and retry")
	f.BoolVar(&c.ManageAddresses, "manage-addresses", c.ManageAddresses,
		"add addresses of load balancers that no interface has to lo, and remove them\n"+
			"when they are no longer used. Linux only, needs CAP_NET_ADMIN")
	f.IntVar(&c.MaxConnections, "max-connections", c.MaxConnections,
		"client connections served at once, at least 1. Each needs a file descriptor,\n"+
			"and another one during a request (see ulimit -n)")
	f.DurationVar(&c.DrainTimeout, "drain-timeout", c.DrainTimeout,
		"`TIME` that requests and connections have to end after their listener was\n"+
			"stopped, their backend was removed, or the program got SIGTERM; then they are cut")
	f.BoolVar(&c.AbortOnClose, "abort-on-close", c.AbortOnClose,
		"abort a request when its client half-closes the TCP connection. Without it a\n"+
			"client that half-closes gets its response; one that has left is detected when\n"+
			"data is sent to it, or by TCP keep-alive within two minutes")
	f.BoolVar(&c.Takeover, "takeover", c.Takeover,
		"replace the process that runs on the same data directory and take over its\n"+
			"sockets: no connection is refused and no request lost. That process drains and\n"+
			"ends. Without such a process this is a normal start")
	c.balancingFlags(f)
	f.IntVar(&c.GCPercent, "gc-percent", c.GCPercent,
		"growth of memory, in `PERCENT`, between two runs of the garbage collector, from\n"+
			"10 to 10000. Less saves memory and costs CPU time on new connections")
	c.metricsFlags(f)
	c.overloadFlags(f)
	return f
}

// readFile reads a file with one setting, `name = value`, per line. Flags of the command
// line take precedence.
func (c *config) readFile(f *flag.FlagSet, path string) error {
	given := make(map[string]bool)
	f.Visit(func(one *flag.Flag) { given[one.Name] = true })
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok:
			return fmt.Errorf("config: %s:%d: want name = value, got %q", path, n, line)
		case f.Lookup(name) == nil || name == "config" || name == "print-config":
			return fmt.Errorf("config: %s:%d: there is no setting %q", path, n, name)
		case given[name]:
			continue
		}
		if err := f.Set(name, value); err != nil {
			return fmt.Errorf("config: %s:%d: %s: %w", path, n, name, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("config: %s: %w", path, err)
	}
	return nil
}

// validate checks what the types of the flags do not.
func (c *config) validate() error {
	switch {
	case c.Data == "":
		return errors.New("-data: must name a directory")
	case c.Region == "":
		return errors.New("-region: must not be empty")
	case (c.AccessKeyID == "") != (c.Secret == ""):
		return fmt.Errorf("%s and %s: set both or neither", keyIDVariable, secretVariable)
	case len(c.Region) > maxRegion || strings.ContainsFunc(c.Region, unicode.IsControl):
		return fmt.Errorf("-region: must be at most %d bytes without control characters, not %q", maxRegion, c.Region)
	case c.DrainTimeout <= 0:
		return fmt.Errorf("-drain-timeout: must be more than 0, not %s", c.DrainTimeout)
	}
	err := cmp.Or(
		within("-max-connections", c.MaxConnections, 1, maxCount),
		within("-gc-percent", c.GCPercent, 10, maxPercent))
	if err != nil {
		return err
	}
	if c.VSwitch, err = elb.VSwitchRange(c.VSwitch); err != nil {
		return fmt.Errorf("-vswitch: %w", err)
	}
	if _, err = elb.NewEIPPool(c.EIPPool); err != nil {
		return fmt.Errorf("-eip-pool: %w", err)
	}
	return cmp.Or(c.validateOverload(), c.validateLogs(), c.validateHistory(), c.validateMetrics(), c.validateBalancing(), c.validateAPI())
}

// Upper bounds of settings, well above anything sensible: sums and products of
// numbers up to them cannot overflow, nor can runtime/debug.SetGCPercent, which
// keeps 32 bits.
const (
	maxCount   = 1 << 30
	maxPercent = 10_000
	maxRegion  = 128 // bytes
)

// within checks that a setting is neither less than low nor more than high.
func within(name string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("%s: must be from %d to %d, not %d", name, low, high, n)
	}
	return nil
}

// printConfig writes the effective values, with their descriptions, in the format of the
// config file.
func printConfig(out io.Writer, f *flag.FlagSet) error {
	var b strings.Builder
	f.VisitAll(func(one *flag.Flag) {
		if one.Name == "config" || one.Name == "print-config" {
			return
		}
		_, usage := flag.UnquoteUsage(one)
		fmt.Fprintf(&b, "# %s\n%s = %s\n\n", strings.ReplaceAll(usage, "\n", "\n# "), one.Name, one.Value)
	})
	_, err := io.WriteString(out, strings.TrimSuffix(b.String(), "\n"))
	return err
}

// A cidr is a range of addresses in CIDR notation.
type cidr netip.Prefix

func (c *cidr) String() string { return netip.Prefix(*c).String() }

func (c *cidr) Set(text string) error {
	p, err := netip.ParsePrefix(text)
	if err != nil { // its message names the function of package netip
		return errors.New("want a range of addresses, as 10.0.0.0/24")
	}
	*c = cidr(p)
	return nil
}

// A byteSize is a number of bytes, written with one of the binary units KiB, MiB, GiB and
// TiB, or without a unit.
type byteSize int64

var byteUnits = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}

func (b byteSize) String() string {
	for _, u := range byteUnits {
		if int64(b) >= u.bytes && int64(b)%u.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(b)/u.bytes, u.name)
		}
	}
	return "0"
}

func (b *byteSize) Set(text string) error {
	digits := strings.TrimRight(text, "KMGTiB")
	n, err := strconv.ParseInt(digits, 10, 64)
	for _, u := range byteUnits {
		if err == nil && text[len(digits):] == u.name && n >= 0 && n <= math.MaxInt64/u.bytes {
			*b = byteSize(n * u.bytes)
			return nil
		}
	}
	return errors.New("want a size, as 512MiB or 2GiB")
}

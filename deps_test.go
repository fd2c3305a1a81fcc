// Package elbow holds the tests of the repository as a whole: who may import
// whom, and what every file has to look like. The program is in cmd/elbow.
package elbow

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "elbow/"

// mayImport is the architecture. Each package may import the packages on its
// line and no other package of this module. Adding a name here is a design
// decision: say why in the commit message. The reasons for the walls are in
// ARCHITECTURE.md.
var mayImport = map[string][]string{
	"internal/elb":      {},
	"internal/http1":    {},
	"internal/balance":  {},
	"internal/health":   {},
	"internal/cert":     {},
	"internal/metrics":  {},
	"internal/rpc":      {"internal/regular"},
	"internal/ram":      {},
	"internal/socket":   {},
	"internal/address":  {},
	"internal/yamltext": {},
	"internal/snippet":  {},
	"internal/top":      {},
	"internal/archive":  {},
	"internal/history":  {"internal/metrics", "internal/regular"},
	"internal/handover": {},
	"internal/leak":     {}, // for tests alone
	"internal/logs":     {},
	"internal/docs":     {"internal/api", "internal/cli"},
	"internal/backup":   {"internal/archive", "internal/handover", "internal/regular", "internal/store", "internal/store/embedded"},
	"internal/profile":  {},
	"internal/regular":  {},
	"internal/names":    {"internal/regular"},

	"internal/answer":         {"internal/yamltext"},
	"internal/connlimit":      {},
	"internal/lockout":        {},
	"internal/api":            {"internal/elb"},
	"internal/store":          {"internal/elb", "internal/ram"},
	"internal/store/embedded": {"internal/regular"},
	"internal/manifest":       {"internal/api", "internal/yamltext"},
	"internal/doctor":         {"internal/api"},
	"internal/cli":            {"internal/answer", "internal/api", "internal/manifest", "internal/profile", "internal/rpc"},
	"internal/openapi":        {"internal/api"},
	"internal/fieldcode":      {},
	"internal/http2":          {"internal/fieldcode", "internal/http1"},
	"internal/http3":          {"internal/fieldcode", "internal/http1"},
	"internal/upstream":       {"internal/http2", "internal/socket"},
	"internal/overload":       {"internal/socket"},
	"internal/buffer":         {},
	"internal/datagram":       {"internal/overload", "internal/socket"},
	"internal/accesslog":      {"internal/http1", "internal/socket"},
	"internal/eventloop":      {"internal/socket"},
	"internal/stream":         {"internal/accesslog", "internal/balance", "internal/eventloop", "internal/overload", "internal/socket"},
	"internal/udp":            {"internal/accesslog", "internal/balance", "internal/eventloop", "internal/overload", "internal/socket"},
	"internal/exchange":       {"internal/accesslog", "internal/balance", "internal/buffer", "internal/fieldcode", "internal/http1", "internal/http2", "internal/http3", "internal/metrics", "internal/overload", "internal/socket", "internal/upstream"},
	"internal/proxy/tcp":      {"internal/buffer", "internal/exchange", "internal/http1", "internal/overload", "internal/socket", "internal/upstream"},
	"internal/proxy/h2":       {"internal/buffer", "internal/exchange", "internal/http1", "internal/http2", "internal/proxy/tcp", "internal/socket", "internal/upstream"},
	"internal/proxy/h3":       {"internal/buffer", "internal/exchange", "internal/http1", "internal/http2", "internal/http3", "internal/overload", "internal/socket", "internal/upstream"},
	"internal/proxy":          {"internal/accesslog", "internal/datagram", "internal/exchange", "internal/proxy/h2", "internal/proxy/h3", "internal/proxy/tcp", "internal/upstream", "internal/metrics", "internal/overload", "internal/socket"},
	"internal/gateway":        {"internal/api", "internal/rpc", "internal/ram"},
	"internal/control":        {"internal/elb", "internal/api", "internal/ram", "internal/cert", "internal/store", "internal/history", "internal/lockout"},
	"internal/reconcile": {
		"internal/elb", "internal/store", "internal/balance", "internal/health",
		"internal/cert", "internal/address", "internal/exchange", "internal/names", "internal/proxy", "internal/stream", "internal/udp",
	},

	"internal/console": {"internal/api", "internal/elb", "internal/rpc", "internal/ram", "internal/metrics", "internal/openapi", "internal/snippet", "internal/lockout", "internal/regular"}, // what it does with them it is handed

	"internal/node": {
		"internal/address", "internal/backup", "internal/connlimit", "internal/console", "internal/control", "internal/datagram",
		"internal/elb", "internal/gateway", "internal/handover", "internal/history", "internal/lockout", "internal/logs",
		"internal/metrics", "internal/names", "internal/overload", "internal/profile", "internal/proxy", "internal/ram", "internal/reconcile",
		"internal/regular", "internal/rpc", "internal/socket", "internal/store", "internal/store/embedded", "internal/stream", "internal/udp",
	},
	"internal/demo": {"internal/api", "internal/cli", "internal/elb", "internal/node", "internal/rpc"},
	"cmd/elbow": {
		"internal/archive", "internal/backup", "internal/cli", "internal/demo", "internal/docs", "internal/doctor",
		"internal/elb", "internal/logs", "internal/node", "internal/openapi", "internal/top",
	},
	"internal/elbtest": {anything},
	"bench":            {"internal/rpc"}, // it measures the program from outside

	"docs/examples/https-listener": {}, // what a user would write
}

// anything stands for all packages.
const anything = "*"

// owners lists, for every package outside the standard library, who may import
// it, by the longest prefix of its path. What is not listed is not used.
var owners = map[string][]string{
	"go.etcd.io/etcd/api/v3":                 {"internal/store", "internal/store/embedded"},
	"go.etcd.io/etcd/client/pkg/v3":          {"internal/store/embedded"},
	"go.etcd.io/etcd/client/v3":              {"internal/store", "internal/store/embedded"},
	"go.etcd.io/etcd/server/v3":              {"internal/store/embedded"},
	"go.etcd.io/raft/v3":                     {"internal/store/embedded"}, // to read the log, and for elections
	"google.golang.org/protobuf":             {"internal/store/embedded"}, // to read the log
	"go.uber.org/zap":                        {"internal/store/embedded"}, // etcd's logger, turned into slog there
	"github.com/prometheus/client_golang":    {"internal/proxy", "internal/gateway", "internal/store/embedded", "internal/node"},
	"charm.land/bubbletea/v2":                {"internal/top"},
	"github.com/prometheus/client_model":     {"internal/node", "internal/top"},
	"github.com/prometheus/common":           {"internal/node", "internal/top"},
	"github.com/jmespath/go-jmespath":        {"internal/answer"},
	"go.yaml.in/yaml/v4":                     {"internal/answer", "internal/manifest", "internal/yamltext"},
	"github.com/spf13/cobra":                 {"cmd/elbow", "internal/cli", "internal/docs"},
	"github.com/spf13/pflag":                 {"internal/cli"},
	"github.com/quic-go/quic-go":             {"internal/datagram", "internal/proxy", "internal/proxy/h3", "bench"}, // QUIC alone; its HTTP/3 is for tests
	"github.com/vishvananda/netlink":         {"internal/address"},
	"github.com/miekg/dns":                   {"internal/names"},
	"github.com/google/uuid":                 {"internal/gateway"},
	"golang.org/x/net/http2/hpack":           {"internal/fieldcode"}, // the Huffman code
	"golang.org/x/net/ipv4":                  {"internal/datagram"},  // its Message is what quic-go reads packets into
	"golang.org/x/sys/unix":                  {"internal/datagram", "internal/doctor", "internal/proxy", "internal/proxy/tcp", "internal/stream", "internal/udp", "internal/eventloop", "internal/handover", "internal/socket", "internal/store/embedded", "internal/node", "bench"},
	"go.uber.org/goleak":                     {"internal/leak"},
	"golang.org/x/crypto/bcrypt":             {"internal/control"},                                 // passwords
	"golang.org/x/crypto/blowfish":           {"internal/control"},                                 // what bcrypt is made of, computed with breaks
	"github.com/aliyun/alibaba-cloud-sdk-go": {"internal/elbtest", "docs/examples/https-listener"}, // a client's, never the server's
}

// standard lists packages of the standard library that may be imported by the
// named packages only: the walls that keep sockets out of parsers and header
// maps out of the data plane.
var standard = map[string]func(from string) bool{
	"net":      not("internal/fieldcode", "internal/http1", "internal/http2", "internal/http3", "internal/balance", "internal/elb", "internal/api", "internal/ram"),
	"net/http": not("internal/fieldcode", "internal/http1", "internal/http2", "internal/http3", "internal/balance", "internal/elb", "internal/api", "internal/ram", "internal/upstream", "internal/accesslog", "internal/buffer", "internal/datagram", "internal/exchange", "internal/overload", "internal/proxy", "internal/proxy/h2", "internal/proxy/h3", "internal/proxy/tcp", "internal/store", "internal/control", "internal/reconcile"),
	"os":       not("internal/fieldcode", "internal/http1", "internal/http2", "internal/http3", "internal/balance", "internal/elb", "internal/api", "internal/ram", "internal/control", "internal/gateway"),
}

func not(packages ...string) func(string) bool {
	return func(from string) bool { return !slices.Contains(packages, from) }
}

// An importSpec is one import of one file that is no test.
type importSpec struct {
	file string
	from string // package directory, slashes
	to   string // import path
}

func TestImports(t *testing.T) {
	for _, i := range imports(t) {
		allowed, known := mayImport[i.from]
		if !known {
			t.Errorf("%s: package %s is not in mayImport", i.file, i.from)
		}
		to, ours := strings.CutPrefix(i.to, module)
		switch {
		case ours:
			if !slices.Contains(allowed, to) && !slices.Contains(allowed, anything) {
				t.Errorf("%s: %s must not import %s", i.file, i.from, to)
			}
		case strings.Contains(strings.Split(i.to, "/")[0], "."):
			if who, known := owner(i.to); !known {
				t.Errorf("%s: %s has no owner", i.file, i.to)
			} else if !slices.Contains(who, i.from) {
				t.Errorf("%s: %s must not import %s; %v may", i.file, i.from, i.to, who)
			}
		default:
			if may := standard[i.to]; may != nil && !may(i.from) {
				t.Errorf("%s: %s must not import %s", i.file, i.from, i.to)
			}
		}
	}
}

// A line in a table for a package that is gone would hide a later mistake.
func TestImportTablesNameRealPackages(t *testing.T) {
	real := make(map[string]bool)
	for _, i := range imports(t) {
		real[i.from] = true
	}
	for from, list := range mayImport {
		for _, name := range append([]string{from}, list...) {
			if name != anything && !real[name] {
				t.Errorf("mayImport names %s, which is not there", name)
			}
		}
	}
}

// A grant that nothing uses would hide a later mistake.
func TestImportTablesGrantWhatIsUsed(t *testing.T) {
	used := make(map[[2]string]bool)
	all := imports(t)
	for _, i := range all {
		used[[2]string{i.from, strings.TrimPrefix(i.to, module)}] = true
	}
	for from, list := range mayImport {
		for _, to := range list {
			if to != anything && !used[[2]string{from, to}] {
				t.Errorf("mayImport lets %s import %s, which it does not", from, to)
			}
		}
	}
	for prefix, list := range owners {
		for _, from := range list {
			if !slices.ContainsFunc(all, func(i importSpec) bool {
				return i.from == from && (i.to == prefix || strings.HasPrefix(i.to, prefix+"/"))
			}) {
				t.Errorf("owners lets %s import %s, which it does not", from, prefix)
			}
		}
	}
}

// The packages of ARCHITECTURE.md and what each may import are those of
// mayImport: its block under "Who may import whom" is written from it. After a
// change of mayImport the test says what the block should be.
func TestArchitectureHasTheImportTable(t *testing.T) {
	text := string(read(t, "ARCHITECTURE.md"))
	_, block, _ := strings.Cut(text, "## Who may import whom\n")
	_, block, _ = strings.Cut(block, "```\n")
	block, _, _ = strings.Cut(block, "```\n")
	if want := importTable(); block != want {
		t.Errorf("the block under \"Who may import whom\" differs from mayImport; it should be\n%s", want)
	}
	for from := range mayImport {
		if name, internal := strings.CutPrefix(from, "internal/"); internal && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("the map of ARCHITECTURE.md does not mention %s", name)
		}
	}
}

// importTable is mayImport as text: first the packages that import no other,
// then a line for each of the rest.
func importTable() string {
	short := func(name string) string { return strings.TrimPrefix(name, "internal/") }
	var none, rest []string
	for from, list := range mayImport {
		switch {
		case len(list) == 0:
			none = append(none, short(from))
		default:
			names := make([]string, len(list))
			for i, name := range list {
				names[i] = short(name)
			}
			slices.Sort(names)
			rest = append(rest, short(from)+": "+strings.ReplaceAll(strings.Join(names, ", "), anything, "everything"))
		}
	}
	slices.Sort(none)
	slices.Sort(rest)
	line, lines := "nothing:", []string(nil)
	for _, name := range none {
		if len(line)+len(name) > 100 {
			lines, line = append(lines, line), "        "
		}
		line += " " + name
	}
	return strings.Join(append(append(lines, line), rest...), "\n") + "\n"
}

// owner finds the line of owners for an import path.
func owner(importPath string) (who []string, known bool) {
	for p := importPath; p != "."; p = path.Dir(p) {
		if who, known = owners[p]; known {
			return who, true
		}
	}
	return nil, false
}

// imports lists the imports of all files that are no tests.
func imports(t *testing.T) []importSpec {
	t.Helper()
	var all []importSpec
	walk(t, ".go", func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, importSpec{file, filepath.ToSlash(filepath.Dir(file)), to})
		}
	})
	return all
}

// walk visits the files of the repository with the given suffix.
func walk(t *testing.T, suffix string, visit func(file string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if file == ".git" && !d.IsDir() { // of a second work tree
			return nil
		}
		if d.IsDir() && (file == ".git" || file == "bin" || file == filepath.Join("bench", "out") || d.Name() == "node_modules" || file == filepath.Join("console-test", "out")) {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() && strings.HasSuffix(file, suffix) {
			visit(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

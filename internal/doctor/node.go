package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// client makes requests to a node. It waits no longer than a user at a terminal
// would.
var client = &http.Client{Timeout: 3 * time.Second}

// directory: the state and its keys must be readable for the node only.
func directory(_ context.Context, p Patient) []Finding {
	if p.Data == "" {
		return nil
	}
	stat, err := os.Stat(p.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return one(OK, "data directory", p.Data+" is not there yet: the first start makes it", "")
	case err != nil:
		return one(Failure, "data directory", err.Error(), "Run this as the user that elbow runs as.")
	case !stat.IsDir():
		return one(Failure, "data directory", p.Data+" is not a directory", "Set another one with -data.")
	case stat.Mode().Perm()&0o077 != 0:
		return one(Warning, "data directory", fmt.Sprintf("%s may be read by others (mode %o)", p.Data, stat.Mode().Perm()),
			"chmod 700 "+p.Data+": the key to the secrets in the store is in there.")
	}
	return one(OK, "data directory", p.Data, "")
}

// inside: the store can be opened without loss. That of a running node is open.
func inside(_ context.Context, p Patient) []Finding {
	if p.Store == nil {
		return nil
	}
	switch open, err := p.Store(); {
	case errors.Is(err, fs.ErrNotExist):
		return nil // reported before
	case err != nil:
		return one(Failure, "store", err.Error(), "")
	case open:
		return one(OK, "store", "in use by a node; its health is below", "")
	}
	return one(OK, "store", "log and database are whole", "")
}

// maxSkew is the difference of clocks that is not reported.
const maxSkew = time.Minute

// api: either elbow answers at the address of the API, or the address is free.
func api(ctx context.Context, p Patient) []Finding {
	if p.API == "" {
		return nil
	}
	resp, err := get(ctx, "http://"+p.API+"/")
	if err != nil {
		return vacant("API", "-api", p.API, err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("X-Acs-Request-Id") == "" {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 100)) // only for the error message
		return one(Failure, "API", fmt.Sprintf("another program answers at %s: %s %q", p.API, resp.Status, body), "Set another address with -api, or find the program: ss -ltnp")
	}
	found := one(OK, "API", "elbow answers at "+p.API, "")
	if there, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		if skew := time.Since(there).Round(time.Second).Abs(); skew > maxSkew {
			found = append(found, Finding{Warning, "clock", "the node's is " + skew.String() + " from this one", "Calls are refused if it differs by more than 15 minutes: synchronize both."})
		}
	}
	return found
}

// vacant reports whether an address that did not answer can be listened on.
func vacant(what, flag, address string, err error) []Finding {
	l, bind := net.Listen("tcp", address)
	if bind != nil {
		return one(Failure, what, fmt.Sprintf("%s does not answer (%v), and cannot be listened on: %v", address, err, bind),
			"Set another address with "+flag+", or find the program that uses it: ss -ltnp")
	}
	_ = l.Close() // no client has connected
	return one(OK, what, address+" is free: no node runs there", "")
}

// admin: the health that a running node reports.
func admin(ctx context.Context, p Patient) []Finding {
	if p.Admin == "" {
		return nil
	}
	resp, err := get(ctx, "http://"+p.Admin+"/healthz")
	if err != nil {
		return vacant("health", "-admin", p.Admin, err)
	}
	defer resp.Body.Close()
	var health struct {
		Status           string
		Errors, Warnings []string
		Listeners        int
		Failing          int
		OpenFilesLimit   int `json:"open_files_limit"`
		ListenerFiles    int `json:"listener_files"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&health); err != nil || health.Status == "" {
		return one(Failure, "health", "another program answers at "+p.Admin, "Set another address with -admin, or find the program: ss -ltnp")
	}
	found := one(OK, "health", fmt.Sprintf("the node says %s; %d listening sockets, %d failing", health.Status, health.Listeners, health.Failing), "")
	found = append(found, nodeFiles(p, health.OpenFilesLimit, health.ListenerFiles)...)
	for _, text := range health.Errors {
		found = append(found, Finding{Failure, "health", text, ""})
	}
	for _, text := range health.Warnings {
		found = append(found, Finding{Warning, "health", text, ""})
	}
	return found
}

// nodeFiles: the descriptors of the running node's listeners leave fewer for
// connections.
func nodeFiles(p Patient, limit, listeners int) []Finding {
	need := listeners + 2*p.MaxConnections + otherFiles
	if limit == 0 || p.MaxConnections == 0 {
		return nil
	}
	found := fmt.Sprintf("the node may have %d, of which its listeners take %d", limit, listeners)
	if limit >= need {
		return one(OK, "open files", found, "")
	}
	return one(Warning, "open files", found, fmt.Sprintf(
		"For %d client connections in addition allow %d: LimitNOFILE=%d in the unit of systemd,\nor ulimit -n before the start%s.",
		p.MaxConnections, need, need, fewer(limit-listeners)))
}

// fewer advises how to run with this number of descriptors for everything but the
// listeners; "" if they are too few for any client.
func fewer(files int) string {
	connections := (files - otherFiles) / 2
	if connections < 1 {
		return ""
	}
	return fmt.Sprintf(";\nor serve fewer clients: -max-connections %d", connections)
}

// otherFiles is the number of descriptors that a node needs besides client and backend connections and
// listeners: the store, logs, the API.
const otherFiles = 1000

func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), `Get "`+url+`": `))
	}
	return resp, nil
}

package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openFiles: each client connection takes a file descriptor, and another one
// during a request.
func openFiles(_ context.Context, p Patient) []Finding {
	var limit unix.Rlimit
	if p.MaxConnections == 0 {
		return nil
	}
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return one(Warning, "open files", err.Error(), "")
	}
	need := uint64(2*p.MaxConnections + otherFiles)
	found := fmt.Sprintf("at most %d in what is started here, for %d client connections", limit.Max, p.MaxConnections)
	if limit.Max >= need {
		return one(OK, "open files", found, "")
	}
	return one(Warning, "open files", found, fmt.Sprintf(
		"Allow %d: LimitNOFILE=%d in the unit of systemd, or ulimit -n before the start%s.", need, need, fewer(int(limit.Max))))
}

// ephemeralPorts: a connection to a backend takes a local port for each pair of
// addresses.
func ephemeralPorts(context.Context, Patient) []Finding {
	fields := strings.Fields(setting("net/ipv4/ip_local_port_range"))
	if len(fields) != 2 {
		return nil
	}
	first, last := number(fields[0]), number(fields[1])
	found := fmt.Sprintf("%d for connections to one backend (%d to %d)", last-first+1, first, last)
	if last-first+1 >= 20_000 {
		return one(OK, "local ports", found, "")
	}
	return one(Warning, "local ports", found, `sysctl -w net.ipv4.ip_local_port_range="32768 60999", and the same in /etc/sysctl.d`)
}

// backlog: the queue of connections to be accepted.
func backlog(context.Context, Patient) []Finding {
	n := number(setting("net/core/somaxconn"))
	if n == 0 {
		return nil
	}
	found := fmt.Sprintf("%d connections may wait to be accepted", n)
	if n >= 1024 {
		return one(OK, "accept queue", found, "")
	}
	return one(Warning, "accept queue", found, "sysctl -w net.core.somaxconn=4096, and the same in /etc/sysctl.d")
}

// quicBuffer is the socket buffer size that quic-go requests, in bytes.
const quicBuffer = 7 << 20

// udpBuffers: HTTP/3 loses packets in bursts if the kernel's socket buffers are
// small.
func udpBuffers(_ context.Context, p Patient) []Finding {
	receive, send := number(setting("net/core/rmem_max")), number(setting("net/core/wmem_max"))
	if !p.HTTP3 || receive == 0 {
		return nil
	}
	found := fmt.Sprintf("%d KiB to receive, %d KiB to send", receive>>10, send>>10)
	if receive >= quicBuffer && send >= quicBuffer {
		return one(OK, "UDP buffers", found, "")
	}
	return one(Warning, "UDP buffers", found,
		"For HTTP/3 under load: sysctl -w net.core.rmem_max=7500000 net.core.wmem_max=7500000,\nand the same in /etc/sysctl.d. Without it bursts of packets are lost and retransmitted.")
}

// Free space below which a node warns and refuses changes (package
// store/embedded has the same).
const (
	lowDisk = 512 << 20
	minDisk = 64 << 20
)

// space: the store refuses changes on a full disk.
func space(_ context.Context, p Patient) []Finding {
	if p.Data == "" {
		return nil
	}
	var s unix.Statfs_t
	dir := p.Data
	for unix.Statfs(dir, &s) == unix.ENOENT && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	free := s.Bavail * uint64(s.Bsize)
	found := fmt.Sprintf("%d MiB free for the data directory", free>>20)
	switch {
	case free < minDisk:
		return one(Failure, "disk", found, "Changes are refused below 64 MiB; traffic continues. Free space on the file system of "+dir+".")
	case free < lowDisk:
		return one(Warning, "disk", found, "Free space on the file system of "+dir+".")
	}
	return one(OK, "disk", found, "")
}

// clock: signatures are valid for 15 minutes, and certificates for a period.
func clock(context.Context, Patient) []Finding {
	state, err := unix.Adjtimex(new(unix.Timex))
	switch {
	case err != nil:
		return nil // not permitted here, as in some containers
	case state == unix.TIME_ERROR:
		return one(Warning, "clock", "it is not synchronized", "Start systemd-timesyncd or chronyd: calls are refused if clocks differ by more than 15 minutes.")
	}
	return one(OK, "clock", "kept right", "")
}

// setting returns a kernel setting, "" if the kernel has none of that name.
func setting(name string) string {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // "": 0, for a missing setting
	return n
}

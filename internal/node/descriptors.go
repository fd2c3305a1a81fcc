package node

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"syscall"

	"elbow/internal/elb"
	"elbow/internal/overload"
	"elbow/internal/store"
)

// openFilesLimit returns how many files this process may have open; 0: unknown. Go has
// raised the soft limit to the hard one.
func openFilesLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, math.MaxInt32))
}

// maxProbes bounds the health checks in flight of each kind (health.Gate). With 2,048,
// 20,000 a second can be made of backends that answer within 100 ms. With a low limit of
// open files, checks get a sixteenth of that limit.
const maxProbes = 2048

func probesAtOnce(limit int) int {
	if limit == 0 {
		return maxProbes
	}
	return min(maxProbes, max(32, limit/16))
}

// listenerFiles returns how many files the desired listeners keep open, and the limit that
// they need.
func listenerFiles(d store.Desired, http3 bool) (listeners, need int) {
	active := make(map[string]bool, len(d.LoadBalancers))
	for i := range d.LoadBalancers {
		active[d.LoadBalancers[i].ID] = d.LoadBalancers[i].Status == elb.Active
	}
	quic := 0
	for i := range d.Listeners {
		l := &d.Listeners[i]
		if !l.Started || !active[l.LoadBalancerID] {
			continue
		}
		listeners++
		if l.Protocol == elb.HTTPS && http3 {
			quic++
		}
		if l.Forward && l.Protocol == elb.HTTPS {
			listeners++
		}
	}
	return listeners, overload.DescriptorsOf(listeners, quic)
}

// countFiles warns if the limit of open files is too low for all listeners. It does not
// end the start: a node that is started with a lower limit than before still serves the
// listeners that it can open.
func countFiles(d store.Desired, c Config, limit int, log *slog.Logger) {
	listeners, need := listenerFiles(d, c.HTTP3)
	if want := overload.DescriptorsFor(need); limit > 0 && want > limit {
		log.Warn("not all listeners will be open: this process may have too few files open",
			"listeners", listeners, "limit", limit, "need", want, "advice", filesAdvice(want, c.HTTP3))
	}
}

func filesAdvice(want int, http3 bool) string {
	advice := fmt.Sprintf("LimitNOFILE=%d in the unit of systemd, or ulimit -n %d before the start", want, want)
	if http3 {
		advice += "; or -http3=false, which takes a third of them"
	}
	return advice
}

// filesWarning returns a warning about the current listeners; "" if the limit is high
// enough.
func (r *report) filesWarning() string {
	control, limit := r.store.control(), openFilesLimit()
	if control == nil || limit == 0 {
		return ""
	}
	listeners, need := listenerFiles(control.mirror.Desired(), r.config.HTTP3)
	if want := overload.DescriptorsFor(need); want > limit {
		return fmt.Sprintf("open files: %d listeners need a limit of %d, which is %d: %s",
			listeners, want, limit, filesAdvice(want, r.config.HTTP3))
	}
	return ""
}

// mayOpen reports whether that many more files can be opened. It relies on the kernel's
// choice of the lowest free number.
func mayOpen(more int) (left int, ok bool) {
	limit := openFilesLimit()
	f, err := os.Open(os.DevNull)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	left = limit - int(f.Fd())
	return left, limit == 0 || left >= more
}

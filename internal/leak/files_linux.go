package leak

import (
	"os"
	"path/filepath"
)

// files are open file descriptors by what they lead to, with their number. Each
// socket and pipe has a name of its own there; epoll sets and the like share one.
type files map[string]int

// openFiles lists those of this process. The one it lists with is among them every
// time.
func openFiles() files {
	const dir = "/proc/self/fd"
	open := make(files)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return open // no /proc: nothing is compared
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			open[to]++
		}
	}
	return open
}

// beyond lists what is open more often than before.
func (f files) beyond(before files) (more []string) {
	for name, n := range f {
		for range n - before[name] {
			more = append(more, name)
		}
	}
	return more
}

package leak

import (
	"os"
	"path/filepath"
)

// files are open file descriptors by target, with their number. Each socket and
// pipe has a unique name; epoll sets and the like share one.
type files map[string]int

// openFiles lists the files of this process, including the one with which it
// lists them.
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

// beyond lists the files that are open more often than before.
func (f files) beyond(before files) (more []string) {
	for name, n := range f {
		for range n - before[name] {
			more = append(more, name)
		}
	}
	return more
}

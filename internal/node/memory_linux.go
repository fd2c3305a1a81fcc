package node

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// givenMemory returns how much memory this process may use, in bytes: the least of the
// machine's memory and the limits of the cgroups around the process. 0: unknown.
func givenMemory() int64 {
	var least int64
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err == nil {
		least = int64(machine.Totalram) * int64(machine.Unit)
	}
	groups, _ := os.ReadFile("/proc/self/cgroup") // without it there are none
	for _, file := range cgroupFiles(string(groups)) {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a level without a limit, or one that is not visible in a container
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
		if err == nil && n > 0 && (least == 0 || n < least) {
			least = n // the other value is "max"
		}
	}
	return least
}

// cgroupFiles returns the paths of the files that may hold a memory limit, for a process
// whose /proc/PID/cgroup is groups: those of its own group and of all its ancestors
// (cgroups(7)).
func cgroupFiles(groups string) []string {
	var files []string
	for line := range strings.Lines(groups) {
		id, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, ok := strings.Cut(rest, ":")
		root, name := "/sys/fs/cgroup", "memory.max"
		switch {
		case !ok:
			continue
		case id == "0" && controllers == "": // version 2
		case controllers == "memory":
			root, name = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			files = append(files, path.Join(root, group, name))
			if group == "/" {
				break
			}
		}
	}
	return files
}

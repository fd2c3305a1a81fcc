package node

import (
	"slices"
	"testing"
)

func TestCgroupFiles(t *testing.T) {
	for _, tt := range []struct {
		groups string
		want   []string
	}{
		{"", nil},
		{"garbage\n\n", nil},
		{"0::/\n", []string{"/sys/fs/cgroup/memory.max"}},
		{"0::/system.slice/elbow.service\n", []string{
			"/sys/fs/cgroup/system.slice/elbow.service/memory.max",
			"/sys/fs/cgroup/system.slice/memory.max",
			"/sys/fs/cgroup/memory.max",
		}},
		{"5:cpu,cpuacct:/x\n4:memory:/docker/1f\n1:name=systemd:/y\n", []string{
			"/sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes",
			"/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
			"/sys/fs/cgroup/memory/memory.limit_in_bytes",
		}},
		{"0::/../../other\n", []string{"/sys/fs/cgroup/other/memory.max", "/sys/fs/cgroup/memory.max"}},
	} {
		if got := cgroupFiles(tt.groups); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.groups, got, tt.want)
		}
	}
}

// Every machine has memory, and no test runs in less than this.
func TestGivenMemory(t *testing.T) {
	if n := givenMemory(); n < 64<<20 {
		t.Errorf("got %d bytes", n)
	}
}

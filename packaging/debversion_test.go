package packaging

import (
	"os/exec"
	"strings"
	"testing"
)

// builds are versions as git describes them, with the number of commits, from the oldest
// to the newest.
var builds = []struct{ version, commits, want string }{
	{"f4c11be", "9", "0~9.gf4c11be"},
	{"0f4c11b-dirty", "10", "0~10.g0f4c11b.dirty"},
	{"a4c11be", "99", "0~99.ga4c11be"},
	{"94c11be", "100", "0~100.g94c11be"},
	{"1234567", "1542", "0~1542.g1234567"},
	{"v0.1.0-alpha1", "1600", "0.1.0~alpha1"},
	{"v0.1.0", "1600", "0.1.0"},
	{"v1.2.3-beta.1", "2000", "1.2.3~beta.1"},
	{"v1.2.3-rc1", "2000", "1.2.3~rc1"},
	{"v1.2.3-rc1-dirty", "2000", "1.2.3~rc1+0.dirty"},
	{"v1.2.3-rc1-9-gfffffff", "2009", "1.2.3~rc1+9.gfffffff"},
	{"v1.2.3-rc1-10-g0000000", "2010", "1.2.3~rc1+10.g0000000"},
	{"v1.2.3-rc2", "2011", "1.2.3~rc2"},
	{"v1.2.3-rc10", "2012", "1.2.3~rc10"},
	{"v1.2.3", "2012", "1.2.3"},
	{"v1.2.3-dirty", "2012", "1.2.3+0.dirty"},
	{"v1.2.3-4-gabcdef0", "2016", "1.2.3+4.gabcdef0"},
	{"v1.2.3-4-gabcdef0-dirty", "2016", "1.2.3+4.gabcdef0.dirty"},
	{"v1.2.3-10-g0bcdef0", "2022", "1.2.3+10.g0bcdef0"},
	{"1.2.4", "2030", "1.2.4"},
	{"v1.2.10", "2040", "1.2.10"},
	{"v1.10.0-rc-1", "2050", "1.10.0~rc.1"},
	{"v1.10.0", "2050", "1.10.0"},
	{"v2.0.0-rc1", "2060", "2.0.0~rc1"},
}

// For each pair of builds, dpkg takes the later one for the newer.
func TestDebVersionsAreInOrder(t *testing.T) {
	var versions []string
	for _, b := range builds {
		out, err := exec.Command("./debversion.sh", b.version, b.commits).Output()
		if got := strings.TrimSuffix(string(out), "\n"); err != nil || got != b.want {
			t.Errorf("%s after %s commits: got %q, %v, want %q", b.version, b.commits, got, err, b.want)
		}
		versions = append(versions, b.want)
	}
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("no dpkg to compare versions")
	}
	for i, older := range versions {
		if out, err := exec.Command("dpkg", "--validate-version", older).CombinedOutput(); err != nil {
			t.Errorf("%s is no version of Debian's: %s", older, out)
		}
		for _, newer := range versions[i+1:] {
			if exec.Command("dpkg", "--compare-versions", older, "lt", newer).Run() != nil {
				t.Errorf("%s is not older than %s", older, newer)
			}
		}
	}
}

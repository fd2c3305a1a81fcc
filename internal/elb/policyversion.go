package elb

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxPolicyVersions is how many documents a policy may have at once, as RAM has it.
const MaxPolicyVersions = 5

// VersionID is the number of a version as clients write it: v1.
func VersionID(number int) string { return "v" + strconv.Itoa(number) }

// VersionNumber reads what VersionID writes; 0 is no version.
func VersionNumber(id string) int {
	digits, ok := strings.CutPrefix(id, "v")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || VersionID(n) != id {
		return 0
	}
	return n
}

// AllVersions lists the versions of the policy, oldest first. One that was stored
// before policies had versions has its document as v1.
func (p Policy) AllVersions() []PolicyVersion {
	if len(p.Versions) == 0 {
		return []PolicyVersion{{Number: 1, Document: p.Document, CreateDate: p.CreateDate}}
	}
	return p.Versions
}

// Default is the number of the version that counts.
func (p Policy) Default() int { return max(1, p.DefaultVersion) }

// Version finds a version by its number.
func (p Policy) Version(number int) (PolicyVersion, bool) {
	all := p.AllVersions()
	i := slices.IndexFunc(all, func(v PolicyVersion) bool { return v.Number == number })
	if i < 0 {
		return PolicyVersion{}, false
	}
	return all[i], true
}

// WithVersion is the policy with one more document, whose number no version of it
// ever had.
func (p Policy) WithVersion(document string, now time.Time) (Policy, PolicyVersion) {
	p.LastVersion = max(1, p.LastVersion) + 1
	v := PolicyVersion{Number: p.LastVersion, Document: document, CreateDate: now}
	p.Versions = append(slices.Clip(p.AllVersions()), v)
	p.UpdateDate = now
	return p, v
}

// WithoutVersion is the policy without a version, which is not the default one.
func (p Policy) WithoutVersion(number int, now time.Time) Policy {
	p.LastVersion = max(1, p.LastVersion)
	p.Versions = slices.DeleteFunc(slices.Clone(p.AllVersions()), func(v PolicyVersion) bool { return v.Number == number })
	p.UpdateDate = now
	return p
}

// WithDefault is the policy with another version that counts.
func (p Policy) WithDefault(v PolicyVersion, now time.Time) Policy {
	p.Versions, p.LastVersion = p.AllVersions(), max(1, p.LastVersion)
	p.DefaultVersion, p.Document, p.UpdateDate = v.Number, v.Document, now
	return p
}

// OldestSpare is the oldest version that is not the default one.
func (p Policy) OldestSpare() (number int, found bool) {
	for _, v := range p.AllVersions() {
		if v.Number != p.Default() {
			return v.Number, true
		}
	}
	return 0, false
}

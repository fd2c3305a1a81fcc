package elb

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxPolicyVersions is the maximum number of versions of a policy, as in RAM.
const MaxPolicyVersions = 5

// VersionID is the number of a version as clients write it: v1.
func VersionID(number int) string { return "v" + strconv.Itoa(number) }

// VersionNumber parses the output of VersionID; 0 is no version.
func VersionNumber(id string) int {
	digits, ok := strings.CutPrefix(id, "v")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || VersionID(n) != id {
		return 0
	}
	return n
}

// AllVersions lists the versions of the policy, oldest first. A policy that was
// stored before policies had versions has its document as v1.
func (p Policy) AllVersions() []PolicyVersion {
	if len(p.Versions) == 0 {
		return []PolicyVersion{{Number: 1, Document: p.Document, CreateDate: p.CreateDate}}
	}
	return p.Versions
}

// Default is the number of the version in force.
func (p Policy) Default() int { return max(1, p.DefaultVersion) }

// Version returns a version by its number.
func (p Policy) Version(number int) (PolicyVersion, bool) {
	all := p.AllVersions()
	i := slices.IndexFunc(all, func(v PolicyVersion) bool { return v.Number == number })
	if i < 0 {
		return PolicyVersion{}, false
	}
	return all[i], true
}

// WithVersion returns the policy with one more document, whose number was never
// used in this policy.
func (p Policy) WithVersion(document string, now time.Time) (Policy, PolicyVersion) {
	p.LastVersion = max(1, p.LastVersion) + 1
	v := PolicyVersion{Number: p.LastVersion, Document: document, CreateDate: now}
	p.Versions = append(slices.Clip(p.AllVersions()), v)
	p.UpdateDate = now
	return p, v
}

// WithoutVersion returns the policy without a version, which must not be the
// default one.
func (p Policy) WithoutVersion(number int, now time.Time) Policy {
	p.LastVersion = max(1, p.LastVersion)
	p.Versions = slices.DeleteFunc(slices.Clone(p.AllVersions()), func(v PolicyVersion) bool { return v.Number == number })
	p.UpdateDate = now
	return p
}

// WithDefault returns the policy with another default version.
func (p Policy) WithDefault(v PolicyVersion, now time.Time) Policy {
	p.Versions, p.LastVersion = p.AllVersions(), max(1, p.LastVersion)
	p.DefaultVersion, p.Document, p.UpdateDate = v.Number, v.Document, now
	return p
}

// OldestSpare is the oldest version that is not the default.
func (p Policy) OldestSpare() (number int, found bool) {
	for _, v := range p.AllVersions() {
		if v.Number != p.Default() {
			return v.Number, true
		}
	}
	return 0, false
}

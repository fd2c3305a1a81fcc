package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A profile is one section of a profile file: name to value.
type profile map[string]string

// defaultProfile is the section that is used unless another is asked for, and
// the one that lines before any section belong to.
const defaultProfile = "default"

// profileNames are the names that a profile may have.
var profileNames = []string{"endpoint", "access-key-id", "access-key-secret", "ca", "insecure-skip-verify"}

// parseProfiles reads sections of `name = value` lines. Lines that are empty or
// begin with # are left out.
func parseProfiles(r io.Reader) (map[string]profile, error) {
	profiles := make(map[string]profile)
	section := defaultProfile
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "["); ok {
			name, ok := strings.CutSuffix(rest, "]")
			if section = strings.TrimSpace(name); !ok || section == "" {
				return nil, fmt.Errorf("line %d: a section is written [name]", n)
			}
			if profiles[section] == nil {
				profiles[section] = profile{}
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !slices.Contains(profileNames, name) {
			return nil, fmt.Errorf("line %d: want one of %s, then = and a value", n, strings.Join(profileNames, ", "))
		}
		if profiles[section] == nil {
			profiles[section] = profile{}
		}
		profiles[section][name] = strings.TrimSpace(value)
	}
	return profiles, lines.Err()
}

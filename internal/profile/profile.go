// Package profile parses files that say where an API is and which access key
// signs calls to it, in sections of name = value lines. It knows neither where
// such files are nor about flags and the environment. Start reading at Parse.
package profile

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Profile is one section of a profile file: name to value.
type Profile map[string]string

// Default is the section that is used by default, and the one of lines before the
// first section.
const Default = "default"

// DefaultAPI is the default address at which the API is served and called.
const DefaultAPI = "127.0.0.1:8095"

// profileNames are the names allowed in a profile.
var profileNames = []string{"endpoint", "access-key-id", "access-key-secret", "security-token", "ca", "insecure-skip-verify"}

// Parse parses sections of `name = value` lines. Empty lines and those that begin
// with # are skipped.
func Parse(r io.Reader) (map[string]Profile, error) {
	profiles := make(map[string]Profile)
	section := Default
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
				profiles[section] = Profile{}
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || !slices.Contains(profileNames, name) {
			return nil, fmt.Errorf("line %d: want one of %s, then = and a value", n, strings.Join(profileNames, ", "))
		}
		if profiles[section] == nil {
			profiles[section] = Profile{}
		}
		profiles[section][name] = strings.TrimSpace(value)
	}
	return profiles, lines.Err()
}

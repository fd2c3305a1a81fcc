package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"elbow/internal/profile"
)

// readProfile reads the profile that flags and environment select. A profile that does not
// exist is an error only if it was selected by name.
func (a *Access) readProfile() (profile.Profile, error) {
	path := cmp.Or(a.configFile, os.Getenv("ELBOW_CONFIG"))
	name := cmp.Or(a.profile, os.Getenv("ELBOW_PROFILE"))
	asked := path != "" || name != ""
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil && !asked {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		path = filepath.Join(home, ".elbow", "config")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	defer f.Close()
	profiles, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("profile: %s: %w", path, err)
	}
	p, ok := profiles[cmp.Or(name, profile.Default)]
	if !ok && name != "" {
		return nil, fmt.Errorf("profile: %s has no section [%s]", path, name)
	}
	return p, nil
}

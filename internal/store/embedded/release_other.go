//go:build !linux

package embedded

import "errors"

// releaseFiles is implemented for Linux only.
func releaseFiles(string) error { return errors.New("not possible on this system") }

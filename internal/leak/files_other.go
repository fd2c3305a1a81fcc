//go:build !linux

package leak

// files are nowhere listed here: goroutines alone are compared.
type files struct{}

func openFiles() files { return files{} }

func (files) beyond(files) []string { return nil }

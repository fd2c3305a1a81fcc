//go:build !linux

package doctor

import "context"

// These checks are implemented for Linux only.
func openFiles(context.Context, Patient) []Finding      { return nil }
func ephemeralPorts(context.Context, Patient) []Finding { return nil }
func backlog(context.Context, Patient) []Finding        { return nil }
func udpBuffers(context.Context, Patient) []Finding     { return nil }
func space(context.Context, Patient) []Finding          { return nil }
func clock(context.Context, Patient) []Finding          { return nil }

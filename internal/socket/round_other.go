//go:build !linux

package socket

import "runtime"

// Rounds lets a goroutine wait until others have run.
type Rounds struct{}

// NewRounds never fails.
func NewRounds() (*Rounds, error) { return &Rounds{}, nil }

// Wait yields.
func (*Rounds) Wait() { runtime.Gosched() }

// Close does nothing.
func (*Rounds) Close() {}

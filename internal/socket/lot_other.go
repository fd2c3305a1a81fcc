//go:build !linux

package socket

import (
	"errors"
	"sync"
)

// A Lot holds connections that wait for something to read without a goroutine. It
// exists on Linux only.
type Lot struct {
	mu    sync.Mutex
	order byDue
}

// NewLot returns errors.ErrUnsupported.
func NewLot() (*Lot, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (l *Lot) Close() {}

func (l *Lot) arm(Instant)        {}
func (l *Lot) watch(c *Conn) bool { return false }
func (l *Lot) forget(c *Conn)     {}

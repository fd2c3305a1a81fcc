//go:build race

package proxy

// raceDetector tells that sync.Pool drops things at random, so that allocations
// cannot be counted.
const raceDetector = true

//go:build race

package proxy

// raceDetector reports that sync.Pool drops objects at random, so that allocations cannot
// be counted.
const raceDetector = true

// Package eventloop waits for events of many descriptors with one goroutine, on
// Linux. It does not know what they are. Start reading at Loop.
package eventloop

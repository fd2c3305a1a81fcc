// Package eventloop waits for events of many descriptors with one goroutine, on
// Linux, and opens sockets for that. It does not know what they are for. Start
// reading at Loop, then Socket.
package eventloop

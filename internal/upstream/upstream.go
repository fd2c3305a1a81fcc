// Package upstream keeps connections to one backend. It knows how to dial and
// when a connection may be used again; it does not know why a backend was
// chosen, nor what is spoken on the connection. Start reading at Pool.Get.
package upstream

// Package address gives this node the addresses of load balancers. It puts those
// that no interface has on the loopback interface, where a router that sends
// their packets here finds them answered, and takes away what it put there. It
// knows nothing of what is served on them. Start reading at Addresses.
package address

// Package address gives this node the addresses of load balancers. Addresses that
// no interface has are added to the loopback interface, so that packets which a
// router sends here are answered, and removed again. The package knows nothing of
// what is served on them. Start reading at Addresses.
package address

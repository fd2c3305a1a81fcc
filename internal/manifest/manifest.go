// Package manifest is the wanted state of load balancers as one file: read,
// compared with what a server has, applied and written. Fields have the names of
// the API's parameters, and the tables of package api say which there are. It
// knows nothing of signatures and the network: it gets a Caller. Start reading
// at Plan.
package manifest

import "context"

// A Manifest is what a file asks for.
type Manifest struct {
	Certificates  []Certificate
	LoadBalancers []LoadBalancer
}

// A Certificate is a key pair under a name.
type Certificate struct {
	Name string
	Cert string // PEM
	Key  string // PEM
	Sha2 string // fingerprint of the leaf, as the API writes it

	line int
}

// A LoadBalancer is known by its name, or by its id where several have one name.
type LoadBalancer struct {
	ID        string // "": by its name
	Name      string
	Fields    map[string]string // parameters of CreateLoadBalancer, without the name
	Active    bool
	Backends  []Backend
	Listeners []Listener

	line   int
	stored string // id on the server, once a plan has found it; "" if it is to be created
}

// A Backend is known by its server, address and port.
type Backend struct {
	ServerID string
	IP       string
	Port     string // "0": that of the listener
	Type     string
	Weight   string

	line int
}

// key is what a backend is known by.
func (b Backend) key() string { return b.ServerID + " " + b.IP + ":" + b.Port }

// A Listener is known by its port, and whether that is one of UDP.
type Listener struct {
	Port         string
	Protocol     string            // https, http, tcp or udp
	Certificates []string          // names; none if Fields has ids
	Running      bool              // started, whatever has become of it
	Fields       map[string]string // parameters of the operation that creates it, canonical, without the port
	given        map[string]bool   // of Fields, those that do not come from a default

	line int
}

// A State is what a server has.
type State struct {
	Certificates  []StoredCertificate
	LoadBalancers []StoredLoadBalancer
}

// A StoredCertificate is a certificate with its id.
type StoredCertificate struct {
	ID   string
	Name string
	Sha2 string
}

// A StoredLoadBalancer is a load balancer with its id.
type StoredLoadBalancer struct {
	ID     string
	Shared bool // another one of the server has the same name
	LoadBalancer
}

// A Caller makes one call of the API and returns the answer as JSON.
type Caller func(ctx context.Context, version, action string, params map[string]string) ([]byte, error)

// Package manifest is the desired state of load balancers as one file: read,
// compared with what a server has, applied and written. Fields have the names of
// the API's parameters, and the tables of package api define them. It knows
// nothing of signatures and the network: it uses a Caller. Start reading at Plan.
package manifest

import "context"

// A Manifest is the content of a file.
type Manifest struct {
	Certificates  []Certificate
	Resources     []Resource // networks, each with its vSwitches behind it, EIPs and instances
	LoadBalancers []LoadBalancer

	sections []*kind // of Resources, that the file has
}

// A Certificate is a key pair under a name.
type Certificate struct {
	Name string
	Cert string // PEM
	Key  string // PEM
	Sha2 string // fingerprint of the leaf, as the API writes it

	line int
}

// A LoadBalancer is identified by its name, or by its id where several have one
// name.
type LoadBalancer struct {
	ID        string // "": by its name
	Name      string
	Fields    map[string]string // parameters of CreateLoadBalancer, without the name
	Network   string            // name, with VSwitch; "": Fields has the ids
	VSwitch   string
	Active    bool
	Backends  []Backend
	Listeners []Listener

	line   int
	place  request // that has the ids of Network and VSwitch
	stored string  // id on the server, once a plan has found it; "" if it is to be created
}

// A Backend is identified by its server, address and port. One of a file without an
// address gets that of its instance, or the domain name (registered.locate).
type Backend struct {
	ServerID string
	IP       string
	Domain   string // name that is resolved; "" if there is an address
	Port     string // "0": that of the listener
	Type     string
	Weight   string

	line int
}

// key identifies a backend.
func (b Backend) key() string { return b.ServerID + " " + b.where() + ":" + b.Port }

// where is the address or the domain name of a backend.
func (b Backend) where() string { return b.IP + b.Domain }

// A Listener is identified by its port, and whether that is a UDP port.
type Listener struct {
	Port         string
	Protocol     string            // https, http, tcp or udp
	Certificates []string          // names; none if Fields has ids
	Running      bool              // it is to be running
	Fields       map[string]string // parameters of the operation that creates it, canonical, without the port
	given        map[string]bool   // the Fields that were given, not defaults

	line int
}

// A State is the content of a server.
type State struct {
	Certificates  []StoredCertificate
	Resources     []StoredResource
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
	Shared bool // another load balancer of the server has the same name
	LoadBalancer
}

// A Caller makes one call of the API and returns the answer as JSON.
type Caller func(ctx context.Context, version, action string, params map[string]string) ([]byte, error)

package api

import "elbow/internal/elb"

// maxBackendItems is the maximum number of backend servers in one call.
const maxBackendItems = 20

// A BackendItem is one item of BackendServers: a backend to add, or a match of
// backends in the pool.
type BackendItem struct {
	elb.Backend

	// AnyPort says that the item has no Port. For Set and Remove it then matches
	// every backend of its ServerId, whereas an explicit 0 matches the one that
	// was added without a port: Describe reports that as 0.
	AnyPort bool
}

// AddBackendServersInput adds backends to the pool of a load balancer. A
// backend without an address has the zero IP: the server looks it up.
type AddBackendServersInput struct {
	LoadBalancerID string
	BackendServers []BackendItem
}

// Params lists the rows.
func (in *AddBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, File: true, Doc: "The backend servers to add."},
	}
}

// AddBackendServersOutput lists the backends that were added.
type AddBackendServersOutput struct{ BackendServers BackendServers }

// SetBackendServersInput changes the weight of backends.
type SetBackendServersInput struct {
	LoadBalancerID string
	BackendServers []BackendItem
}

// Params lists the rows.
func (in *SetBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers, weightRequired: true}, Required: true, File: true, Doc: "The backend servers to change. An item without Port means every backend server of its ServerId; Port 0 means the one that was added without a port."},
	}
}

// SetBackendServersOutput lists the backends that were changed.
type SetBackendServersOutput struct{ BackendServers BackendServers }

// RemoveBackendServersInput removes backends from the pool. Weight and Type are
// ignored.
type RemoveBackendServersInput struct {
	LoadBalancerID string
	BackendServers []BackendItem
}

// Params lists the rows.
func (in *RemoveBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, File: true, Doc: "The backend servers to remove. An item without Port means every backend server of its ServerId; Port 0 means the one that was added without a port. Type and Weight mean nothing."},
	}
}

// RemoveBackendServersOutput lists the backends that were removed.
type RemoveBackendServersOutput struct{ BackendServers BackendServers }

// BackendServers wraps the list as on the wire.
type BackendServers struct {
	BackendServer Array[BackendServer]
}

// A BackendServer is a backend as the backend operations report it.
type BackendServer struct {
	IP       string `json:"Ip"`
	Port     int
	ServerID string `json:"ServerId"`
	Type     string
	Weight   int

	DomainName string `json:",omitempty"` // instead of IP; not in the documentation of ENS
}

package api

import "elbow/internal/elb"

// maxBackendItems is how many backend servers one call may name.
const maxBackendItems = 20

// AddBackendServersInput adds backends to the pool of a load balancer. A
// backend without an address has the zero IP: the server looks it up.
type AddBackendServersInput struct {
	LoadBalancerID string
	BackendServers []elb.Backend
}

// Params lists the rows.
func (in *AddBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, Doc: "The backend servers to add. Each item has ServerId (required; i-… or eni-…), Type (ens or eni, default ens), Weight (0 to 100, default 100; 0 takes no new sessions), Ip (required unless an instance is registered under ServerId) and Port (1 to 65535; 0 or none leaves it to the listener)."},
	}
}

// AddBackendServersOutput lists the backends that were added.
type AddBackendServersOutput struct{ BackendServers BackendServers }

// SetBackendServersInput changes the weight of backends. An item without Ip and
// Port means every backend of its ServerId.
type SetBackendServersInput struct {
	LoadBalancerID string
	BackendServers []elb.Backend
}

// Params lists the rows.
func (in *SetBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers, weightRequired: true}, Required: true, Doc: "The backend servers to change. Each item has ServerId and Weight (both required; Weight 0 to 100), and may have Type, Ip and Port. Without Port, every backend server of this ServerId is meant."},
	}
}

// SetBackendServersOutput lists the backends that were changed.
type SetBackendServersOutput struct{ BackendServers BackendServers }

// RemoveBackendServersInput takes backends out of the pool. An item without
// Port means every backend of its ServerId; Weight and Type mean nothing.
type RemoveBackendServersInput struct {
	LoadBalancerID string
	BackendServers []elb.Backend
}

// Params lists the rows.
func (in *RemoveBackendServersInput) Params() []Param {
	return []Param{
		loadBalancerID(&in.LoadBalancerID),
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, Doc: "The backend servers to remove. Each item has ServerId (required) and may have Type, Weight, Ip and Port. Without Port, every backend server of this ServerId is meant."},
	}
}

// RemoveBackendServersOutput lists the backends that were removed.
type RemoveBackendServersOutput struct{ BackendServers BackendServers }

// BackendServers wraps the list as the wire does.
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
}

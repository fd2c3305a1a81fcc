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
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, File: true, Doc: "The backend servers to add."},
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
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers, weightRequired: true}, Required: true, File: true, Doc: "The backend servers to change. An item without Port means every backend server of its ServerId."},
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
		{Name: "BackendServers", Var: backendsVar{p: &in.BackendServers}, Required: true, File: true, Doc: "The backend servers to remove. An item without Port means every backend server of its ServerId; Type and Weight mean nothing."},
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

package elb

// ListenerState is the state of a listener as a node reports it, spelt as in the
// answers of the Describe operations.
type ListenerState string

// The states of a listener.
const (
	Running     ListenerState = "Running"
	Stopped     ListenerState = "Stopped"
	Starting    ListenerState = "Starting"
	Configuring ListenerState = "Configuring"
	Stopping    ListenerState = "Stopping"
)

// A ListenerStatus is the report of one node on one listener.
type ListenerStatus struct {
	LoadBalancerID string
	Port           int
	Protocol       Protocol
	Revision       int64 // of the store, applied or attempted
	State          ListenerState
	Reason         string // why it does not run although it should; "" if it does
	Backends       []BackendStatus
}

// A BackendStatus is the verdict of the health checks on one backend.
type BackendStatus struct {
	ServerID string
	Address  string // IP:port that requests go to
	Health   string // unknown, healthy, unhealthy; "unchecked" if checks are off
	LastErr  string // of the last failed probe; "" while healthy
}

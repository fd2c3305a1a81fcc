package elb

import "time"

// A HealthCheck says how the backends of a listener are probed.
type HealthCheck struct {
	On          bool
	Type        string        `json:",omitzero"` // tcp or http for a TCP listener; "" is the listener's own protocol
	Request     string        `json:",omitzero"` // payload of a UDP probe; "": an empty datagram
	Expect      string        `json:",omitzero"` // required prefix of the answer to a UDP probe; "": no answer is needed
	Domain      string        // Host of the probe; "": the backend's address
	URI         string        // "": "/"
	Method      string        // head or get
	HTTPCodes   []string      // http_2xx …; any of them is a success
	ConnectPort int           // 0: the backend's port
	Interval    time.Duration // 1s to 50s, default 2s
	Timeout     time.Duration // 1s to 300s, default 5s; see EffectiveTimeout
	Rise        int           // HealthyThreshold: 2 to 10, default 3
	Fall        int           // UnhealthyThreshold: 2 to 10, default 3
}

// EffectiveTimeout is the timeout of a probe: "If the value of
// HealthCheckTimeout is smaller than the value of HealthCheckInterval, the
// timeout period specified by HealthCheckTimeout becomes invalid, and the value
// of HealthCheckInterval is used" (specification, row HealthCheckTimeout).
func (h HealthCheck) EffectiveTimeout() time.Duration {
	return max(h.Timeout, h.Interval)
}

// The values of HealthCheck.Type.
const (
	CheckTCP  = "tcp"
	CheckHTTP = "http"
)

// HTTP2xx is the class of status codes that passes a check by default.
const HTTP2xx = "http_2xx"

// HTTPCodes lists the classes of status codes in the order of the
// specification.
var HTTPCodes = []string{HTTP2xx, "http_3xx", "http_4xx", "http_5xx"}

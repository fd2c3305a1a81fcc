package api

import "elbow/internal/elb"

// describing are the first rows of listeners of every protocol. What the
// schedulers hash for a client without a QUIC ID differs: other says it.
func describing(l *elb.Listener, work, other string) []Param {
	return []Param{
		{Name: "Description", Var: Text(&l.Description, 1, 80, notURL), Doc: "The description of the listener."},
		{Name: "Scheduler", Var: OneOf(&l.Scheduler, elb.Schedulers...), Default: elb.WRR, Doc: "The scheduling algorithm. " +
			"wrr: backend servers with higher weights receive more " + work + ". " +
			"wlc: weight and the number of connections in progress decide; of equal weights the one with fewer connections is chosen. " +
			"rr: one after the other. " +
			"sch: consistent hashing of the source address. " +
			"qch: consistent hashing of the QUIC connection ID. " +
			"iqch: consistent hashing of the second, third and fourth byte of the QUIC connection ID. " + other},
	}
}

// httpListener are the rows of a listener that forwards requests, except those of
// a single protocol.
func httpListener(l *elb.Listener) []Param {
	return append(describing(l, "requests", "A request that did not come over QUIC has no such ID: qch and iqch then hash the source address."),
		Param{Name: "IdleTimeout", Group: Timeouts, Var: Seconds(&l.IdleTimeout, 1, 60), Default: "15", Doc: "How long a connection may be idle. If no request is received for so long the connection is closed; the next request opens a new one."},
		Param{Name: "RequestTimeout", Group: Timeouts, Var: Seconds(&l.RequestTimeout, 1, 180), Default: "60", Doc: "How long the backend server may take to begin its response. After that the client gets 504."},
		Param{Name: "BackendServerProtocol", Label: "Protocol of the backends", Var: OneOf(&l.BackendProtocol, elb.BackendProtocols...), Default: elb.BackendAuto, Doc: "What the backend servers are spoken to in, all of it without TLS. " +
			"auto: HTTP/2 for gRPC that clients send over HTTP/2 or HTTP/3, HTTP/1.1 for everything else. " +
			"http1: HTTP/1.1 for everything. " +
			"h2c: HTTP/2 by prior knowledge for everything, and for health checks unless HealthCheckConnectPort has them go to another port. " +
			"Not in the documents of ENS."},
	)
}

// backendPort is the row with the port of the backends.
func backendPort(l *elb.Listener) Param {
	return Param{Name: "BackendServerPort", Label: "Port of the backends", Var: Int(&l.BackendPort, 1, 65535), Doc: "The port of the backend servers that were added without a port of their own. Without it they are asked on ListenerPort."}
}

// sticky are the rows of session persistence. StickySession is the switch that
// the specification's notes mention and its table leaves out (decisions,
// CreateLoadBalancerHTTPSListener 2).
func sticky(s *elb.Sticky) []Param {
	on := Cond{"StickySession", "on"}
	return inGroup(StickySessions, []Param{
		{Name: "StickySession", Var: OnOff(&s.On), Default: "on", IfGiven: "StickySessionType", Doc: "Whether the requests of a client stay on one backend server. Without it a new listener keeps them exactly if StickySessionType is given."},
		{Name: "StickySessionType", Label: "How", Var: OneOf(&s.Type, elb.StickyInsert, elb.StickyServer), Required: true, When: []Cond{on}, Doc: "How cookies are handled. " +
			"insert: the first response to a client gets the cookie SERVERID, and requests that carry it go to the same backend server. " +
			"server: the cookie that the backend server sets is rewritten, and requests that carry the rewritten one go to the same backend server."},
		{Name: "CookieTimeout", Var: Seconds(&s.CookieTimeout, 1, 86400), Required: true, When: []Cond{on, {"StickySessionType", elb.StickyInsert}}, Doc: "How long after its last request a client stays on its backend server."},
		{Name: "Cookie", Label: "Name of the cookie", Var: Text(&s.Cookie, 1, 200, cookieName), Required: true, When: []Cond{on, {"StickySessionType", elb.StickyServer}}, Doc: "The name of the cookie that the backend server sets."},
		{Name: "StickySessionSameSite", Label: "SameSite of the cookie", Var: OneOf(&s.SameSite, elb.SameSites...), Default: elb.SameSiteAbsent, When: []Cond{on, {"StickySessionType", elb.StickyInsert}}, Doc: "The SameSite attribute of the cookie SERVERID. " +
			"none: browsers send it in requests that pages of other sites make, which an API, a frame or a WebSocket for such pages needs. " +
			"lax: only when somebody follows a link from there. " +
			"strict: never. " +
			"absent: the cookie has no such attribute, and the browser decides. " +
			"none is absent in an HTTP listener: browsers refuse it without TLS. " +
			"Not in the documents of ENS."},
	})
}

// healthCheck are the rows of HTTP health checks. See listenerRows for again.
// With slash, HealthCheckURI may be / alone at creation, too.
func healthCheck(h *elb.HealthCheck, again, slash bool) []Param {
	on := []Cond{{"HealthCheck", "on"}}
	uriAgain := ""
	if again {
		uriAgain = " / brings that back."
	}
	rows := []Param{
		{Name: "HealthCheck", Label: "Health checks", Var: OnOff(&h.On), Required: true, Doc: "Whether backend servers are health-checked."},
		checkDomain(h, on),
		{Name: "HealthCheckURI", Var: checkURI(h, again || slash), When: on, Doc: "The URI that a health check asks for. Without one it is /." + uriAgain},
	}
	timing := checkTiming(h, Param{Name: "HealthCheckTimeout"}, "requests go", again)
	for i := range timing {
		timing[i].When = on
	}
	return inGroup(HealthChecks, append(append(rows, timing...),
		checkCodes(h, on),
		Param{Name: "HealthCheckMethod", Var: OneOf(&h.Method, "head", "get"), Default: "head", When: on, Doc: "The method of a health check. head asks for the head of the page alone, get for all of it."},
	))
}

// checkDomain is the row with the host of HTTP health checks.
func checkDomain(h *elb.HealthCheck, when []Cond) Param {
	domain := orUnset("$_ip", func() { h.Domain = "" }, Text(&h.Domain, 1, 253, hostName))
	return Param{Name: "HealthCheckDomain", Var: domain, When: when, Doc: "The domain name that a health check asks for. Without one, or with $_ip, it is the address of the backend server."}
}

// checkCodes is the row with the status codes that pass HTTP health checks.
func checkCodes(h *elb.HealthCheck, when []Cond) Param {
	return Param{Name: "HealthCheckHttpCode", Label: "Health check status codes", Var: SomeOf(&h.HTTPCodes, elb.HTTPCodes...), Default: elb.HTTP2xx, When: when, Doc: "The HTTP status codes that pass a health check."}
}

// checkTiming are the rows with thresholds, times and port of the health checks of
// every protocol. timeout has the name and the label of its row, which differ; to
// says what else goes to the port of the backends.
func checkTiming(h *elb.HealthCheck, timeout Param, to string, again bool) []Param {
	port, portAgain := Int(&h.ConnectPort, 1, 65535), ""
	if again {
		port, portAgain = orUnset("0", func() { h.ConnectPort = 0 }, port), " 0 brings that back."
	}
	timeout.Var, timeout.Default = Seconds(&h.Timeout, 1, 300), "5"
	timeout.Doc = "How long a backend server may take to answer a health check; later is a failure. If it is shorter than HealthCheckInterval, HealthCheckInterval is used instead."
	return []Param{
		{Name: "HealthyThreshold", Var: Int(&h.Rise, 2, 10), Default: "3", Doc: "How many health checks in a row must pass before an unhealthy backend server counts as healthy."},
		{Name: "UnhealthyThreshold", Var: Int(&h.Fall, 2, 10), Default: "3", Doc: "How many health checks in a row must fail before a healthy backend server counts as unhealthy."},
		timeout,
		{Name: "HealthCheckConnectPort", Var: port, Doc: "The port that health checks go to. Without one it is the port that " + to + " to." + portAgain},
		{Name: "HealthCheckInterval", Var: Seconds(&h.Interval, 1, 50), Default: "2", Doc: "The time between two health checks."},
	}
}

// checkURI is the target of a probe. With slash it may be / alone, which means
// none.
func checkURI(h *elb.HealthCheck, slash bool) Var {
	uri := Text(&h.URI, 1, 80, probeTarget, notOnlySlashes)
	if slash {
		return orUnset("/", func() { h.URI = "" }, uri)
	}
	return uri
}

package console

type (
	listenerName struct{ lb, port string }
	backendName  struct{ lb, port, id string }
)

// A backendRate is the traffic of one backend, of all listeners of its load balancer.
type backendRate struct {
	ID     string  `json:"id"`
	Active int64   `json:"active"` // exchanges in flight
	Rate   float64 `json:"rate"`   // responses a second
	Health string  `json:"health"`
	Reason string  `json:"reason,omitempty"`
}

// gains returns what was counted since the last sample, by load balancer and in total.
func (l *live) gains(listeners []ListenerCounts) map[string]*gain {
	gains := map[string]*gain{"": new(gain)}
	next := make(map[listenerName]ListenerCounts, len(listeners))
	for i := range listeners {
		one := &listeners[i]
		name := listenerName{one.LoadBalancerID, one.Port}
		next[name] = *one
		var earlier *ListenerCounts
		if was, ok := l.last[name]; ok {
			earlier = &was
		}
		g := gains[one.LoadBalancerID]
		if g == nil {
			g = new(gain)
			gains[one.LoadBalancerID] = g
		}
		g.add(one, earlier)
		gains[""].add(one, earlier)
	}
	l.last = next
	return gains
}

// listenerLoads returns the traffic of listeners that have any. It has to be called before
// gains, which replaces the last sample.
func (l *live) listenerLoads(listeners []ListenerCounts, seconds float64) map[listenerName]load {
	all := make(map[listenerName]load)
	for i := range listeners {
		one := &listeners[i]
		name := listenerName{one.LoadBalancerID, one.Port}
		var answers uint64
		was := l.last[name]
		for class := range one.ByClass {
			if was.ByClass[class] <= one.ByClass[class] { // otherwise the counter started again from zero
				answers += one.ByClass[class] - was.ByClass[class]
			}
		}
		if (answers > 0 || one.Open > 0) && seconds > 0 {
			all[name] = load{float64(answers) / seconds, one.Open}
		}
	}
	return all
}

// rates returns the traffic of the backends, by load balancer.
func (l *live) rates(backends []BackendCounts, seconds float64) map[string][]backendRate {
	index := make(map[backendName]int)
	rates := make(map[string][]backendRate)
	next := make(map[backendName]uint64, len(backends))
	for _, b := range backends {
		name := backendName{b.LoadBalancerID, b.Port, b.ID}
		next[name] = b.Answers
		whole := backendName{lb: b.LoadBalancerID, id: b.ID}
		i, there := index[whole]
		if !there {
			i = len(rates[b.LoadBalancerID])
			index[whole] = i
			rates[b.LoadBalancerID] = append(rates[b.LoadBalancerID], backendRate{ID: b.ID})
		}
		r := &rates[b.LoadBalancerID][i]
		r.Active += b.Active
		if was := l.answered[name]; was <= b.Answers && seconds > 0 {
			r.Rate += float64(b.Answers-was) / seconds
		}
	}
	l.answered = next
	return rates
}

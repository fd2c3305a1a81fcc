package console

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

const (
	// tick is the time between two looks at the counters, whoever watches.
	tick = 2 * time.Second

	// firstTick is the time between the first two, for which the first page waits.
	firstTick = 250 * time.Millisecond

	// linger is how long looks go on after the last page: from one page to the next
	// the charts go on.
	linger = time.Minute

	// ringPoints are the last 15 minutes.
	ringPoints = int(15 * time.Minute / tick)

	// maxRings bounds the memory: 24 KB a load balancer with traffic.
	maxRings = 1024

	// maxWatchers bounds the streams that are open.
	maxWatchers = 512
)

// A live looks at the counters once for everybody, keeps the last 15 minutes and
// tells who watches. However many watch, the data plane is read once; while nobody
// does, it is not read at all: a look at 10,000 listeners takes 150 ms.
type live struct {
	state   func() State
	traffic func() Traffic
	now     func() time.Time

	wake chan struct{} // receives when somebody wants to see

	// Owned by the goroutine of run.
	last     map[listenerName]ListenerCounts
	answered map[backendName]uint64
	lastTime time.Time

	mu       sync.Mutex
	rings    map[string]*ring                    // guarded by mu; by load balancer, "" for all
	backends map[string][]backendRate            // guarded by mu; by load balancer
	loads    map[listenerName]load               // guarded by mu; of listeners with traffic
	watchers map[string]map[chan []byte]struct{} // guarded by mu; by load balancer, "" for the overview
	watching int                                 // guarded by mu
	wanted   time.Time                           // guarded by mu; when somebody last asked for a page
	sampling bool                                // guarded by mu; run looks, or is about to
	rated    chan struct{}                       // guarded by mu; closed when there is a point
	closed   bool                                // guarded by mu
}

type (
	listenerName struct{ lb, port string }
	backendName  struct{ lb, port, id string }
)

// A backendRate is what one backend does for all listeners of its load balancer.
type backendRate struct {
	ID     string  `json:"id"`
	Active int64   `json:"active"` // exchanges under way
	Rate   float64 `json:"rate"`   // answers a second
	Health string  `json:"health"`
	Reason string  `json:"reason,omitempty"`
}

func newLive(state func() State, traffic func() Traffic, now func() time.Time) *live {
	return &live{
		state: state, traffic: traffic, now: now, wake: make(chan struct{}, 1), rated: make(chan struct{}),
		last: make(map[listenerName]ListenerCounts), answered: make(map[backendName]uint64),
		rings: map[string]*ring{"": new(ring)}, watchers: make(map[string]map[chan []byte]struct{}),
	}
}

// run looks at the counters while somebody wants to see them, until ctx ends.
func (l *live) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
			l.sample(ctx)
		}
	}
}

// sample looks at the counters until nobody wants to see them, or ctx ends.
func (l *live) sample(ctx context.Context) {
	l.look()
	for pause := firstTick; l.isWanted(); pause = tick {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		l.look()
		l.tell()
	}
	// The next look begins anew: nobody knows what happened in between.
	l.last, l.answered, l.lastTime = nil, nil, time.Time{}
}

// want notes that somebody wants to see, and returns what is closed when there is
// something.
func (l *live) want() (rated <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = l.now()
	if !l.sampling {
		l.sampling = true
		l.wake <- struct{}{} // has room: run has taken the last one
	}
	return l.rated
}

// isWanted reports whether to go on. If not, what was seen is dropped.
func (l *live) isWanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watching > 0 || l.now().Sub(l.wanted) < linger {
		return true
	}
	l.sampling = false
	l.rings, l.backends, l.loads = map[string]*ring{"": new(ring)}, nil, nil
	l.rated = make(chan struct{})
	return false
}

// look reads the counters once and adds a point to every ring.
func (l *live) look() {
	now := l.now()
	traffic := l.traffic()
	seconds := now.Sub(l.lastTime).Seconds()
	loads := l.listenerLoads(traffic.Listeners, seconds)
	gains := l.gains(traffic.Listeners)
	rates := l.rates(traffic.Backends, seconds)
	first := l.lastTime.IsZero()
	l.lastTime = now
	if first || seconds <= 0 { // what was counted before is nobody's rate
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.backends, l.loads = rates, loads
	select {
	case <-l.rated:
	default:
		close(l.rated)
	}
	for lb, g := range gains {
		r := l.rings[lb]
		if r == nil {
			if g.times.Count() == 0 && g.open == 0 || len(l.rings) >= maxRings {
				continue
			}
			r = new(ring)
			l.rings[lb] = r
		}
		r.add(g.point(now.Unix(), seconds))
	}
	for lb, r := range l.rings {
		if lb != "" && r.idle(now) {
			delete(l.rings, lb)
		}
	}
}

// gains are what has come since the last look, by load balancer and in all.
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

// listenerLoads are what listeners with traffic do. It comes before gains, which
// forgets what was counted at the last look.
func (l *live) listenerLoads(listeners []ListenerCounts, seconds float64) map[listenerName]load {
	all := make(map[listenerName]load)
	for i := range listeners {
		one := &listeners[i]
		name := listenerName{one.LoadBalancerID, one.Port}
		var answers uint64
		was := l.last[name]
		for class := range one.ByClass {
			if was.ByClass[class] <= one.ByClass[class] { // else it has begun anew
				answers += one.ByClass[class] - was.ByClass[class]
			}
		}
		if (answers > 0 || one.Open > 0) && seconds > 0 {
			all[name] = load{float64(answers) / seconds, one.Open}
		}
	}
	return all
}

// rates are what the backends do, by load balancer.
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

// tell sends every watcher what it watches, made once for all who watch the
// same. One who has not read the last gets no further until they have.
func (l *live) tell() {
	l.mu.Lock()
	topics := make([]string, 0, len(l.watchers))
	for topic := range l.watchers {
		topics = append(topics, topic)
	}
	l.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	s := l.state()
	for _, topic := range topics {
		text := l.report(topic, s)
		l.mu.Lock()
		for watcher := range l.watchers[topic] {
			select {
			case watcher <- text:
			default:
			}
		}
		l.mu.Unlock()
	}
}

// report is what who watches a topic is told.
func (l *live) report(topic string, s State) []byte {
	var doc any
	if topic == "" {
		doc = struct {
			Point  Point  `json:"point"`
			Counts counts `json:"counts"`
		}{l.lastPoint(""), countsOf(s)}
	} else {
		doc = struct {
			Point     Point           `json:"point"`
			Backends  []backendRate   `json:"backends"`
			Listeners []listenerState `json:"listeners"`
		}{l.lastPoint(topic), l.backendsOf(topic, s), listenersOf(topic, s)}
	}
	text, _ := json.Marshal(doc) // texts and numbers always encode
	return text
}

// lastPoint is the newest of a load balancer; without traffic all of it is zero.
func (l *live) lastPoint(lb string) Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[lb]; r != nil {
		return r.newest()
	}
	return Point{Time: l.rings[""].newest().Time}
}

// backendsOf joins what the backends do with what health checks say of them.
func (l *live) backendsOf(lb string, s State) []backendRate {
	l.mu.Lock()
	rates := append([]backendRate(nil), l.backends[lb]...)
	l.mu.Unlock()
	verdicts := verdictsOf(lb, s)
	for i := range rates {
		v := verdicts[rates[i].ID]
		rates[i].Health, rates[i].Reason = v.Health, v.Reason
	}
	return rates
}

// points are the last 15 minutes of a load balancer, or of all for "".
func (l *live) points(lb string) []Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[lb]; r != nil {
		return r.points()
	}
	return nil
}

// watch adds a watcher and says what is so right now; false if there are too
// many. unwatch takes it away again.
func (l *live) watch(topic string) (told chan []byte, ok bool) {
	l.want()
	now := l.report(topic, l.state())
	told = make(chan []byte, 1)
	told <- now
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.watching >= maxWatchers {
		return nil, false
	}
	if l.watchers[topic] == nil {
		l.watchers[topic] = make(map[chan []byte]struct{})
	}
	l.watchers[topic][told] = struct{}{}
	l.watching++
	return told, true
}

func (l *live) unwatch(topic string, told chan []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.watchers[topic][told]; !there {
		return // close has
	}
	delete(l.watchers[topic], told)
	l.watching--
	if len(l.watchers[topic]) == 0 {
		delete(l.watchers, topic)
	}
}

// close ends every stream, and lets none begin.
func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed, l.watching = true, 0
	for topic, all := range l.watchers {
		for told := range all {
			close(told)
		}
		delete(l.watchers, topic)
	}
}

// reopen lets streams begin again.
func (l *live) reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
}

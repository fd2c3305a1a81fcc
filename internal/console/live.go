package console

import (
	"context"
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

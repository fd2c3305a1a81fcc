package console

import (
	"context"
	"sync"
	"time"
)

const (
	// tick is the time between two samples of the counters, however many clients watch.
	tick = 2 * time.Second

	// firstTick is the time between the first two samples, for which the first page waits.
	firstTick = 250 * time.Millisecond

	// linger is how long sampling goes on after the last page, so that the charts have no
	// gap from one page to the next.
	linger = time.Minute

	// ringPoints is the number of points in 15 minutes.
	ringPoints = int(15 * time.Minute / tick)

	// maxRings bounds the memory of the charts: 24 KB for each load balancer with traffic.
	maxRings = 1024

	// maxWatchers bounds the open event streams.
	maxWatchers = 512
)

// A live samples the counters of the data plane, keeps the last 15 minutes, and sends them
// to all watchers. However many watch, the counters are read once per tick; while nobody
// does, they are not read at all: reading 10,000 listeners takes 150 ms.
type live struct {
	state   func() State
	traffic func() Traffic
	now     func() time.Time

	wake chan struct{} // receives when sampling has to begin

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
	wanted   time.Time                           // guarded by mu; when a page was last requested
	sampling bool                                // guarded by mu; run samples, or is about to
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

// run samples the counters while somebody watches, until ctx ends.
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

// sample samples the counters until nobody watches any more, or ctx ends.
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
	// The next sampling starts without a previous sample: rates over the gap would be
	// wrong.
	l.last, l.answered, l.lastTime = nil, nil, time.Time{}
}

// want requests sampling, and returns a channel that is closed when there is a point.
func (l *live) want() (rated <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = l.now()
	if !l.sampling {
		l.sampling = true
		l.wake <- struct{}{} // buffered: run has received the previous one
	}
	return l.rated
}

// isWanted reports whether sampling should go on. If not, the rates are dropped.
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
	if first || seconds <= 0 { // there is no earlier sample to compute a rate from
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

// lastPoint returns the newest point of a load balancer; all fields are zero without
// traffic.
func (l *live) lastPoint(lb string) Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[lb]; r != nil {
		return r.newest()
	}
	return Point{Time: l.rings[""].newest().Time}
}

// backendsOf joins the rates of the backends with their health.
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

// points returns the last 15 minutes of a load balancer, or of all for "".
func (l *live) points(lb string) []Point {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[lb]; r != nil {
		return r.points()
	}
	return nil
}

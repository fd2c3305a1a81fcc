package history

import (
	"context"
	"time"
)

// A Reading has the counters of a listener since it was opened, and its current levels.
type Reading struct {
	LoadBalancerID string
	Sample         // without Minute
}

// A Recorder reads the counters once a minute and writes the difference. It
// remembers what it has written, so that Run may end and begin again, with
// another Store.
type Recorder struct {
	read func() []Reading
	last map[listener]Sample // owned by the goroutine of Run
}

type listener struct {
	lb   string
	port int
}

// NewRecorder returns a recorder of the counters that read returns. What they
// have counted before belongs to the first minute.
func NewRecorder(read func() []Reading) *Recorder {
	return &Recorder{read: read}
}

// Run writes a sample of each listener at the end of every minute, and of the
// unfinished minute when ctx ends.
func (r *Recorder) Run(ctx context.Context, to *Store) {
	for minute := time.Now().Unix() / 60; ; minute = max(minute+1, time.Now().Unix()/60) {
		timer := time.NewTimer(time.Until(time.Unix((minute+1)*60, 0)))
		select {
		case <-ctx.Done():
			timer.Stop()
			to.Append(minute, r.gains())
			return
		case <-timer.C:
			to.Append(minute, r.gains())
		}
	}
}

// gains returns what listeners have done since the last call, by load balancer.
func (r *Recorder) gains() map[string][]Sample {
	readings := r.read()
	gains := make(map[string][]Sample)
	next := make(map[listener]Sample, len(readings))
	for i := range readings {
		one := &readings[i]
		name := listener{one.LoadBalancerID, one.Port}
		next[name] = one.Sample
		earlier := r.last[name]
		gains[name.lb] = append(gains[name.lb], one.since(&earlier))
	}
	r.last = next
	return gains
}

// since returns what was counted after an earlier reading. A listener that was
// reopened meanwhile has counted from zero.
func (s *Sample) since(earlier *Sample) Sample {
	gain := *s
	before := earlier.counts()
	for i, count := range s.counts() {
		if *count < *before[i] {
			return gain
		}
	}
	for i, count := range gain.counts() {
		*count -= *before[i]
	}
	gain.Times = s.Times.Since(earlier.Times)
	return gain
}

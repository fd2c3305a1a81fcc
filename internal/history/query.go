package history

import (
	"cmp"
	"maps"
	"slices"
)

// Minutes returns what the listeners of a load balancer that pick accepts did
// from one minute to another, exclusive: a sample for each minute and listener,
// in this order.
func (s *Store) Minutes(lb string, from, to int64, pick func(port int) bool) (all []Sample, err error) {
	err = s.eachMinute(lb, from, to, func(listeners []*Sample) {
		for _, one := range listeners {
			if pick(one.Port) {
				all = append(all, *one)
			}
		}
	})
	return all, err
}

// Steps returns what a load balancer did, or all of them for "", from one minute
// to another, exclusive, in steps of so many minutes. The first step is the first
// with a sample; from then on none is left out: a step without samples had no
// traffic.
func (s *Store) Steps(lb string, from, to, minutes int64) (all []Sample, err error) {
	begin := func(step int64) *Sample {
		for len(all) > 0 && all[len(all)-1].Minute < step-minutes {
			all = append(all, Sample{Minute: all[len(all)-1].Minute + minutes})
		}
		if len(all) == 0 || all[len(all)-1].Minute < step {
			all = append(all, Sample{Minute: step})
		}
		return &all[len(all)-1]
	}
	err = s.eachMinute(cmp.Or(lb, total), from, to, func(listeners []*Sample) {
		var minute Sample
		for _, one := range listeners {
			minute.beside(one)
		}
		begin(from + (listeners[0].Minute-from)/minutes*minutes).after(&minute)
	})
	if len(all) > 0 {
		begin(from + (to-1-from)/minutes*minutes)
	}
	return all, err
}

// eachMinute visits the minutes of a load balancer from one to another,
// exclusive, in order, each with its listeners by port. A minute with a takeover
// was written in two pieces.
func (s *Store) eachMinute(lb string, from, to int64, visit func(listeners []*Sample)) error {
	for minute := from; minute < to; {
		day := dayOf(minute)
		minutes := make(map[int64][]*Sample)
		err := s.read(day, lb, func(one *Sample) {
			if one.Minute < from || one.Minute >= to {
				return
			}
			for _, earlier := range minutes[one.Minute] {
				if earlier.Port == one.Port {
					earlier.after(one)
					return
				}
			}
			minutes[one.Minute] = append(minutes[one.Minute], one)
		})
		if err != nil {
			return err
		}
		for _, at := range slices.Sorted(maps.Keys(minutes)) {
			listeners := minutes[at]
			slices.SortFunc(listeners, func(a, b *Sample) int { return cmp.Compare(a.Port, b.Port) })
			visit(listeners)
		}
		minute = timeOf(day).Unix()/60 + minutesPerDay
	}
	return nil
}

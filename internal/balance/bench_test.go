package balance

import (
	"fmt"
	"testing"
	"time"
)

func benchGroup(members int) *Group {
	weights := make([]int, members)
	for i := range weights {
		weights[i] = 50 + i%51
	}
	return newGroup(weights...)
}

// Every scheduler by number of members, with all of them up and with one down, on
// one core and on all of them.
func BenchmarkPick(b *testing.B) {
	for _, name := range schedulers {
		for _, members := range []int{3, 100} {
			for _, down := range []int{0, 1} {
				g := benchGroup(members)
				for _, m := range g.Members[:down] {
					m.SetHealth(Unhealthy)
				}
				s := newScheduler(b, name, g)
				b.Run(fmt.Sprintf("%s/members=%d/down=%d", name, members, down), func(b *testing.B) { benchmarkPick(b, s) })
			}
		}
	}
}

func benchmarkPick(b *testing.B, s Scheduler) {
	keys := make([]Key, 1024)
	for n := range keys {
		keys[n] = clientKey(n)
	}
	b.Run("serial", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			s.Pick(keys[n%len(keys)], -1)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				s.Pick(keys[n%len(keys)], -1)
			}
		})
	})
}

func BenchmarkNew(b *testing.B) {
	for _, name := range []string{"wrr", "sch"} {
		for _, members := range []int{3, 100} {
			g := benchGroup(members)
			b.Run(fmt.Sprintf("%s/members=%d", name, members), func(b *testing.B) {
				for b.Loop() {
					newScheduler(b, name, g)
				}
			})
		}
	}
}

func BenchmarkInsert(b *testing.B) {
	s := NewInsert(cookieGroup(), seed, time.Minute, NoSameSite)
	field := []byte("theme=dark; " + serverID(0, now-5, now-50) + "; lang=en")
	buf := make([]byte, 0, 512)
	for b.Loop() {
		out, session := s.ReadCookie(buf, field, now)
		s.AppendSetCookie(out, session, 0, now)
	}
}

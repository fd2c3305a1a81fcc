package stress

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"elbow/internal/elbtest"
)

// changeEvery is the pause between two calls.
const changeEvery = 100 * time.Millisecond

// call makes a call that does not need the SDK's fixed parameters.
func call(s *elbtest.Site, action string, params map[string]string) error {
	_, err := s.Node.RPC().Call(context.Background(), "2017-11-10", action, params)
	return err
}

// change makes ten changes a second until end, and measures the memory meanwhile. It runs
// in the goroutine of the test.
func (s *soak) change(end time.Time) *usage {
	s.t.Helper()
	u := new(usage)
	start, warm := time.Now(), time.Now().Add(time.Until(end)/5)
	tick := time.NewTicker(changeEvery)
	defer tick.Stop()
	changes := []func() error{
		s.weigh, s.temporaryBackend, s.attributes, s.sessionAttributes, s.certify, s.other, s.other, s.wildWeight,
	}
	for i := 0; time.Now().Before(end); i++ {
		<-tick.C
		if err := changes[i%len(changes)](); err != nil {
			s.faults.add("change: %v", err)
		}
		s.count("changes")
		if i%10 == 0 && time.Now().After(warm) {
			if err := u.measure(s.node, time.Since(start)); err != nil {
				s.faults.add("metrics: %v", err)
			}
		}
	}
	return u
}

func on(f *elbtest.Front, more map[string]string) map[string]string {
	params := map[string]string{"LoadBalancerId": f.LoadBalancerID, "ListenerPort": f.Port}
	for k, v := range more {
		params[k] = v
	}
	return params
}

func servers(b *backend, weight int) string {
	host, port, _ := strings.Cut(b.address, ":")
	return fmt.Sprintf(`[{"ServerId":"i-%s","Ip":"%s","Port":"%s","Weight":"%d"}]`, b.name, host, port, weight)
}

func (s *soak) backendCall(site *elbtest.Site, action, name string, weight int) error {
	return call(site, action, map[string]string{"LoadBalancerId": site.LoadBalancerID, "BackendServers": servers(s.backends[name], weight)})
}

// weigh changes the weight of a backend, also to 0.
func (s *soak) weigh() error {
	return s.backendCall(s.calm, "SetBackendServers", "calm-2", 25*rand.IntN(5))
}

func (s *soak) wildWeight() error {
	return s.backendCall(s.rough, "SetBackendServers", []string{"rough-1", "rough-3"}[rand.IntN(2)], 10+rand.IntN(90))
}

// temporaryBackend adds the temporary backend of the calm site, or removes it.
func (s *soak) temporaryBackend() error {
	action := "AddBackendServers"
	if s.temporary {
		action = "RemoveBackendServers"
	}
	s.temporary = !s.temporary
	return s.backendCall(s.calm, action, "calm-temporary", 100)
}

func (s *soak) attributes() error {
	return s.calm.Set(on(s.front, map[string]string{
		"IdleTimeout": itoa(5 + rand.IntN(50)), "RequestTimeout": itoa(30 + rand.IntN(60)),
		"Scheduler": []string{"wrr", "wlc", "rr", "sch", "qch"}[rand.IntN(5)], "Description": fmt.Sprint(rand.Int()),
	}))
}

func (s *soak) sessionAttributes() error {
	return s.calm.Set(on(s.stick, map[string]string{
		"IdleTimeout": itoa(5 + rand.IntN(50)), "CookieTimeout": itoa(1800 + rand.IntN(1800)),
	}))
}

// certify replaces the certificate of a listener.
func (s *soak) certify() error {
	return s.calm.Set(on(s.front, map[string]string{"ServerCertificateId": s.certificates[rand.IntN(2)]}))
}

// other makes the next step in the life of another listener of the calm site.
func (s *soak) other() error {
	step := s.steps % 5
	s.steps++
	if step == 0 {
		params := s.calm.ListenerParams(nil)
		s.otherPort = params["ListenerPort"]
		return s.calm.Create(params)
	}
	action := []string{1: "StartLoadBalancerListener", 2: "StopLoadBalancerListener", 3: "StartLoadBalancerListener", 4: "DeleteLoadBalancerListener"}[step]
	return call(s.calm, action, map[string]string{"LoadBalancerId": s.calm.LoadBalancerID, "ListenerPort": s.otherPort})
}

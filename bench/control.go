//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// callEvery paces the calls of one operation below its limit of 100 a second.
const callEvery = 11 * time.Millisecond

// A site is a load balancer with one listener.
type site struct {
	lb      string
	address string // of the listener
}

// measureControl prints the times of the control plane: of a create call, from the answer
// of a start to the first request that is answered, and from a restart with o.sites load
// balancers until all of them serve.
func measureControl(ctx context.Context, st *stage, name, binary string, o options) error {
	dir := filepath.Join(st.dir, name+"-control")
	n, err := st.startNode(ctx, name+"-control", binary, dir, loopback(128, 16).String())
	if err != nil {
		return err
	}
	defer func() { n.stop() }()

	certificate, err := n.uploadCertificate(ctx, st.ecdsa)
	if err != nil {
		return err
	}
	create, err := n.timeCreates(ctx, certificate)
	if err != nil {
		return err
	}
	sites, serving, err := n.buildSites(ctx, st, certificate, o.sites)
	if err != nil {
		return err
	}
	n.stop()
	start := time.Now()
	if n, err = st.startNode(ctx, name+"-restart", binary, dir, loopback(128, 16).String()); err != nil {
		return err
	}
	api := time.Since(start)
	if err := awaitSites(ctx, sites); err != nil {
		return err
	}
	restart := time.Since(start)

	fmt.Printf("\n| control plane of %s | |\n|---|---|\n", name)
	fmt.Printf("| create call, median | %.2f ms |\n", create*1000)
	fmt.Printf("| from the answer of a start to the first answered request, median | %.1f ms |\n", serving*1000)
	fmt.Printf("| restart with %d load balancers and listeners: API accepts | %.2f s |\n", len(sites), api.Seconds())
	fmt.Printf("| restart with %d load balancers and listeners: all serve | %.2f s |\n", len(sites), restart.Seconds())
	return nil
}

// timeCreates returns the median time of CreateLoadBalancerHTTPSListener in seconds.
func (n *node) timeCreates(ctx context.Context, certificate string) (float64, error) {
	const calls = 200
	lb, _, err := n.createLoadBalancer(ctx)
	if err != nil {
		return 0, err
	}
	var took []float64
	tick := time.NewTicker(callEvery)
	defer tick.Stop()
	for i := range calls {
		start := time.Now()
		err := n.call(ctx, ensVersion, "CreateLoadBalancerHTTPSListener", map[string]string{
			"LoadBalancerId": lb, "ListenerPort": strconv.Itoa(10000 + i), "HealthCheck": "off",
			"ServerCertificateId": certificate,
		}, nil)
		if err != nil {
			return 0, err
		}
		took = append(took, time.Since(start).Seconds())
		<-tick.C
	}
	return median(took), nil
}

// buildSites creates count load balancers, each with a started listener. It returns the
// median time, in seconds, from the answer of a start to the first request that is
// answered.
func (n *node) buildSites(ctx context.Context, st *stage, certificate string, count int) ([]site, float64, error) {
	var sites []site
	var took []float64
	tick := time.NewTicker(callEvery)
	defer tick.Stop()
	for range count {
		<-tick.C
		lb, ip, err := n.createLoadBalancer(ctx)
		if err != nil {
			return nil, 0, err
		}
		s := site{lb: lb, address: netip.AddrPortFrom(ip, listenerPort).String()}
		if err := n.addOrigins(ctx, st.origins, lb); err != nil {
			return nil, 0, err
		}
		if err := n.createListener(ctx, lb, certificate, bareListener); err != nil {
			return nil, 0, err
		}
		if err := n.startListener(ctx, lb); err != nil {
			return nil, 0, err
		}
		answered := time.Now()
		if err := awaitServing(ctx, s.address); err != nil {
			return nil, 0, err
		}
		took = append(took, time.Since(answered).Seconds())
		sites = append(sites, s)
	}
	return sites, median(took), nil
}

// awaitSites returns once every site has answered a request.
func awaitSites(ctx context.Context, sites []site) error {
	const workers = 8
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() { // ends after its share of the sites; waited for below
			for i := w; i < len(sites) && errs[w] == nil; i += workers {
				errs[w] = awaitServing(ctx, sites[i].address)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// awaitServing repeats a request until its answer is 200.
func awaitServing(ctx context.Context, address string) error {
	const (
		patience = 30 * time.Second
		pause    = time.Millisecond // bounds the error of the measurement
	)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := askOnce(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not serve: %w", address, err)
		case <-time.After(pause):
		}
	}
}

// askOnce makes one request on a new connection.
func askOnce(ctx context.Context, address string) error {
	d := tls.Dialer{NetDialer: &net.Dialer{}, Config: clientTLS}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, "GET /100 HTTP/1.1\r\nHost: "+serverName+"\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	text, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(string(text), "HTTP/1.1 200") {
		return fmt.Errorf("answer %.40q", text)
	}
	return nil
}

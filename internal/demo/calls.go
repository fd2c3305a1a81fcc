package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"elbow/internal/api"
)

// introduce shows the initial setup, before the first call.
func (d *demo) introduce() {
	d.screen.Title("elbow demo")
	d.screen.Fact("API", d.node.APIURL)
	d.screen.Fact("metrics", d.node.AdminURL+"/metrics")
	d.screen.Fact("data and logs", d.dir+", removed at the end")
	for _, b := range d.backends {
		d.screen.Fact(b.name, fmt.Sprintf("http://%s  weight %d", b.address, b.weight))
	}
}

// configure creates the load balancer, its backends and its listener, and waits until the
// listener runs.
func (d *demo) configure(ctx context.Context) error {
	d.screen.Title("Signed calls over HTTP, as any client makes them")
	certificate, err := d.uploadCertificate(ctx)
	if err != nil {
		return err
	}
	id, err := d.createLoadBalancer(ctx)
	if err != nil {
		return err
	}
	if err := d.addBackends(ctx, id); err != nil {
		return err
	}
	port := strconv.Itoa(int(d.listener.Port()))
	_, err = d.call(ctx, api.EnsVersion, "CreateLoadBalancerHTTPSListener", map[string]string{
		"LoadBalancerId": id, "ListenerPort": port, "ServerCertificateId": certificate, "Scheduler": "wrr",
		"StickySessionType": "insert", "CookieTimeout": "3600",
		"HealthCheck": "on", "HealthCheckURI": probePath, "HealthCheckInterval": "1",
	}, "port "+port)
	if err != nil {
		return err
	}
	if _, err := d.call(ctx, api.EnsVersion, "StartLoadBalancerListener",
		map[string]string{"LoadBalancerId": id, "ListenerPort": port}, "port "+port); err != nil {
		return err
	}
	return d.awaitRunning(ctx, id, port)
}

func (d *demo) uploadCertificate(ctx context.Context) (id string, err error) {
	chain, key, err := d.issue(d.listener.Addr())
	if err != nil {
		return "", err
	}
	out, err := d.call(ctx, api.CasVersion, "UploadUserCertificate",
		map[string]string{"Name": "demo", "Cert": chain, "Key": key}, "for "+d.listener.Addr().String())
	return strconv.FormatInt(out.CertID, 10), err
}

func (d *demo) createLoadBalancer(ctx context.Context) (id string, err error) {
	out, err := d.call(ctx, api.EnsVersion, "CreateLoadBalancer", map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "PayType": "PostPaid",
		"NetworkId": "n-default", "VSwitchId": "vsw-default", "LoadBalancerName": "demo",
	}, "")
	if err != nil {
		return "", err
	}
	found, err := d.call(ctx, api.EnsVersion, "DescribeLoadBalancerAttribute",
		map[string]string{"LoadBalancerId": out.LoadBalancerID}, "")
	if err != nil {
		return "", err
	}
	ip, err := netip.ParseAddr(found.Address)
	if err == nil && ip != d.listener.Addr() {
		err = fmt.Errorf("the load balancer has the address %s, not the first of its vSwitch, %s", ip, d.listener.Addr())
	}
	return out.LoadBalancerID, err
}

func (d *demo) addBackends(ctx context.Context, id string) error {
	var servers []map[string]string
	for _, b := range d.backends {
		host, port, err := net.SplitHostPort(b.address)
		if err != nil {
			return err
		}
		servers = append(servers, map[string]string{
			"ServerId": "i-" + b.name, "Ip": host, "Port": port, "Weight": strconv.Itoa(b.weight),
		})
	}
	text, err := json.Marshal(servers)
	if err != nil {
		return err
	}
	_, err = d.call(ctx, api.EnsVersion, "AddBackendServers",
		map[string]string{"LoadBalancerId": id, "BackendServers": string(text)}, fmt.Sprintf("%d backends", len(servers)))
	return err
}

// awaitRunning polls until the listener runs.
func (d *demo) awaitRunning(ctx context.Context, id, port string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	params := map[string]string{"LoadBalancerId": id, "ListenerPort": port}
	for {
		out, err := d.ask(ctx, api.EnsVersion, "DescribeLoadBalancerHTTPSListenerAttribute", params)
		if err != nil {
			return err
		}
		if out.Status == "Running" {
			d.screen.Call("DescribeLoadBalancerHTTPSListenerAttribute", out.RequestID, out.took, out.Status)
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the listener is %s, not Running", out.Status)
		}
	}
}

// A demoAnswer has the fields of all answers that the demo reads.
type demoAnswer struct {
	RequestID      string `json:"RequestId"`
	CertID         int64  `json:"CertId"`
	LoadBalancerID string `json:"LoadBalancerId"`
	Address        string
	Status         string

	took time.Duration
}

// call makes a signed call and shows it with its subject or its result.
func (d *demo) call(ctx context.Context, version, action string, params map[string]string, about string) (demoAnswer, error) {
	out, err := d.ask(ctx, version, action, params)
	if err != nil {
		return out, err
	}
	switch {
	case about != "":
	case out.Address != "":
		about = out.Address
	default:
		about = out.LoadBalancerID
	}
	d.screen.Call(action, out.RequestID, out.took, about)
	return out, nil
}

func (d *demo) ask(ctx context.Context, version, action string, params map[string]string) (out demoAnswer, err error) {
	began := time.Now()
	text, err := d.client.Call(ctx, version, action, params)
	if err != nil {
		return out, fmt.Errorf("%s: %w", action, err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return out, fmt.Errorf("%s: %w", action, err)
	}
	if out.RequestID == "" {
		return out, errors.New(action + ": the answer has no RequestId")
	}
	out.took = time.Since(began)
	return out, nil
}

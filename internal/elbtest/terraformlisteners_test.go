package elbtest

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/rpc"
)

// A provider makes calls as the Terraform provider does, and judges errors as it does.
type provider struct {
	*world
	t *testing.T
}

func newProvider(t *testing.T) provider {
	client := *node(t).RPC()
	client.Algorithm = rpc.V1 // as the provider signs
	return provider{&world{Client: &client}, t}
}

// answer makes a call that succeeds and returns the fields of its answer.
func (p provider) answer(action string, params map[string]string) (fields map[string]any) {
	p.t.Helper()
	p.must(p.t, action, params, &fields)
	return fields
}

// want compares what the provider stores after a read with what the configuration has.
func (p provider) want(when string, got map[string]any, want map[string]string) {
	p.t.Helper()
	for name, value := range want {
		if text := fmt.Sprint(got[name]); text != value {
			p.t.Errorf("%s: %s is %q, want %q", when, name, text, value)
		}
	}
}

// refused checks that a call ends with an error code.
func (p provider) refused(action string, params map[string]string, code string) {
	p.t.Helper()
	if _, err := patient(p.t, p.Client, operation(p.t, action), params); codeOf(err) != code {
		p.t.Errorf("%s: %v, want %s", action, err, code)
	}
}

// gone checks that a call ends with an error that the provider takes for something that does
// not exist: 404, or NotFound in the message.
func (p provider) gone(action string, params map[string]string) {
	p.t.Helper()
	_, err := patient(p.t, p.Client, operation(p.t, action), params)
	refusal, _ := err.(*rpc.Error)
	if refusal == nil || refusal.Status != 404 && !strings.Contains(refusal.Message, "NotFound") {
		p.t.Errorf("%s of what is gone: %v", action, err)
	}
}

// until waits until a field of a read has a value, as the provider spells it.
func (p provider) until(action string, params map[string]string, field, value string) {
	p.t.Helper()
	Eventually(p.t, func() error {
		if got := p.answer(action, params)[field]; got != value {
			return fmt.Errorf("%s: %s is %v, not %s", action, field, got, value)
		}
		return nil
	})
}

// The requests of the Terraform provider for a load balancer with backends that have no
// Ip, and its HTTP, TCP and UDP listeners: create and wait, read, change, import, drift,
// destroy, and destroy of what is gone.
func TestTerraformListeners(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	cidr := freeVSwitch()
	network := p.answer("CreateNetwork", map[string]string{"EnsRegionId": "local", "CidrBlock": cidr})["NetworkId"].(string)
	vSwitch := p.answer("CreateVSwitch", map[string]string{"EnsRegionId": "local", "CidrBlock": cidr, "NetworkId": network})["VSwitchId"].(string)
	for i, id := range []string{"i-tf-a", "i-tf-b"} {
		p.answer("RegisterInstance", map[string]string{"InstanceId": id, "PrivateIpAddress": fmt.Sprintf("127.0.0.%d", i+1)})
	}
	create := map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "PayType": "PostPaid", "NetworkId": network, "VSwitchId": vSwitch,
		"LoadBalancerName": "shop", "ClientToken": "terraform-listeners",
	}
	id := p.answer("CreateLoadBalancer", create)["LoadBalancerId"].(string)
	lb := map[string]string{"LoadBalancerId": id}
	p.until("DescribeLoadBalancerAttribute", lb, "LoadBalancerStatus", "Active")

	// Ip and Port, which the configuration leaves out, are an empty text and 0 in the request.
	p.answer("AddBackendServers", with(lb, "BackendServers",
		`[{"Ip":"","Port":0,"ServerId":"i-tf-a","Type":"ens","Weight":100},{"Ip":"","Port":0,"ServerId":"i-tf-b","Type":"ens","Weight":50}]`))
	backends := func(want ...string) {
		t.Helper()
		var got api.DescribeLoadBalancerAttributeOutput
		p.must(t, "DescribeLoadBalancerAttribute", lb, &got)
		var all []string
		for _, b := range got.BackendServers {
			all = append(all, fmt.Sprintf("%s %s %s %s %d", b.ServerID, b.IP, b.Port, b.Type, b.Weight))
		}
		if fmt.Sprint(all) != fmt.Sprint(want) {
			t.Errorf("backends %q, want %q", all, want)
		}
	}
	backends("i-tf-a 127.0.0.1 0 ens 100", "i-tf-b 127.0.0.2 0 ens 50")
	// A changed weight is a removed entry, with all that was read, and an added one.
	p.answer("RemoveBackendServers", with(lb, "BackendServers", `[{"Ip":"127.0.0.2","Port":0,"ServerId":"i-tf-b","Type":"ens","Weight":50}]`))
	p.answer("AddBackendServers", with(lb, "BackendServers", `[{"Ip":"","Port":0,"ServerId":"i-tf-b","Type":"ens","Weight":20}]`))
	backends("i-tf-a 127.0.0.1 0 ens 100", "i-tf-b 127.0.0.2 0 ens 20")

	for _, l := range terraformListeners {
		t.Run(l.protocol, func(t *testing.T) {
			p := provider{p.world, t}
			describe, set := "DescribeLoadBalancer"+l.protocol+"ListenerAttribute", "SetLoadBalancer"+l.protocol+"ListenerAttribute"
			listener := with(lb, "ListenerPort", l.port)
			made := maps.Clone(listener)
			maps.Copy(made, l.create)
			p.answer("CreateLoadBalancer"+l.protocol+"Listener", made)
			p.until(describe, listener, "Status", l.stopped)
			p.answer("StartLoadBalancerListener", with(listener, "ListenerProtocol", strings.ToLower(l.protocol)))
			p.until(describe, listener, "Status", l.running)
			got := p.answer(describe, listener)
			p.want("created", got, l.create)
			p.want("created", got, map[string]string{"ListenerPort": l.port, "BackendServerPort": "8000"})
			if l.protocol == "TCP" { // the id and the protocol come from the answer
				p.want("created", got, map[string]string{"LoadBalancerId": id, "Protocol": "tcp"})
			}
			if l.off != nil { // health checks that are off have no fields
				if _, has := got["HealthCheckURI"]; has {
					t.Errorf("health checks are off, and the answer has their URI: %v", got)
				}
			}
			changes := maps.Clone(l.change)
			maps.Copy(changes, l.off)
			for name, value := range changes { // each attribute by itself
				request := with(listener, name, value)
				if l.off != nil {
					request = with(request, "HealthCheck", "on")
				}
				p.answer(set, request)
				p.want("changed "+name, p.answer(describe, listener), map[string]string{name: value})
			}
			p.want("all changed", p.answer(describe, listener), changes)
			p.answer(set, with(listener, "Description", ""))
			p.want("cleared", p.answer(describe, listener), map[string]string{"Description": ""})
			p.until(describe, listener, "Status", l.running) // it was never stopped for that

			// Drift: somebody else deletes it. The provider creates it again, and destroys it.
			p.answer("DeleteLoadBalancerListener", with(listener, "ListenerProtocol", strings.ToLower(l.protocol)))
			p.gone(describe, listener)
			p.answer("CreateLoadBalancer"+l.protocol+"Listener", with(made, "ClientToken", "again-"+l.protocol))
			p.until(describe, listener, "Status", l.stopped)
			remove := listener
			if l.protocol == "UDP" {
				remove = with(listener, "ListenerProtocol", "udp")
			}
			p.answer(l.remove, remove)
			p.gone(describe, listener)
			p.gone(l.remove, remove)
		})
	}

	// A redirect to a port without a listener.
	p.refused("CreateLoadBalancerHTTPListener", with(lb, "ListenerPort", "8090", "HealthCheck", "off", "ListenerForward", "on", "ForwardPort", "443"), "ens.interface.error")

	p.answer("ModifyLoadBalancerAttribute", with(lb, "LoadBalancerName", "shop-2"))
	p.want("renamed", p.answer("DescribeLoadBalancerAttribute", lb), map[string]string{"LoadBalancerName": "shop-2"})
	p.answer("DeleteLoadBalancer", lb)
	if got := p.answer("DescribeLoadBalancerAttribute", lb); got["LoadBalancerId"] != nil {
		t.Errorf("load balancer after its end: %v", got)
	}
	p.gone("DeleteLoadBalancer", lb)
	for _, l := range terraformListeners {
		p.gone("DescribeLoadBalancer"+l.protocol+"ListenerAttribute", with(lb, "ListenerPort", l.port))
		p.gone(l.remove, with(lb, "ListenerPort", l.port))
	}
	p.answer("DeleteVSwitch", map[string]string{"VSwitchId": vSwitch})
	p.gone("DeleteVSwitch", map[string]string{"VSwitchId": vSwitch})
	p.answer("DeleteNetwork", map[string]string{"NetworkId": network})
}

// terraformListeners are the listeners of the test, with the statuses that the provider
// waits for and the operation with which it deletes them.
var terraformListeners = []struct {
	protocol, port, stopped, running, remove string
	create, change                           map[string]string
	off                                      map[string]string // changes of checks that were off before
}{
	{
		"HTTP", "8080", "stopped", "running", "DeleteLoadBalancerHTTPListener",
		map[string]string{
			"BackendServerPort": "8000", "Description": "shop", "Scheduler": "wrr", "HealthCheck": "off", "IdleTimeout": "15", "RequestTimeout": "60",
			"XForwardedFor": "off", "ListenerForward": "off",
		},
		map[string]string{"Scheduler": "wlc", "IdleTimeout": "30", "RequestTimeout": "90", "XForwardedFor": "on"},
		map[string]string{
			"HealthCheck": "on", "HealthCheckDomain": "127.0.0.1", "HealthCheckURI": "/status", "HealthyThreshold": "5", "UnhealthyThreshold": "4", "HealthCheckTimeout": "10",
			"HealthCheckConnectPort": "81", "HealthCheckInterval": "5", "HealthCheckHttpCode": "http_3xx", "HealthCheckMethod": "get",
		},
	},
	{
		"TCP", "8443", "Stopped", "Running", "DeleteLoadBalancerListener",
		map[string]string{"BackendServerPort": "8000", "Description": "shop", "Scheduler": "wrr", "EipTransmit": "off"},
		map[string]string{
			"Scheduler": "sch", "PersistenceTimeout": "60", "EstablishedTimeout": "300", "HealthyThreshold": "5", "UnhealthyThreshold": "4", "HealthCheckConnectTimeout": "10",
			"HealthCheckInterval": "5", "HealthCheckConnectPort": "81", "HealthCheckDomain": "127.0.0.1", "HealthCheckHttpCode": "http_2xx,http_3xx", "HealthCheckType": "http",
			"HealthCheckURI": "/status", "EipTransmit": "on",
		},
		nil,
	},
	{
		"UDP", "8453", "Stopped", "Running", "DeleteLoadBalancerListener",
		map[string]string{"BackendServerPort": "8000", "Description": "shop", "Scheduler": "wrr", "EipTransmit": "off"},
		map[string]string{
			"Scheduler": "wlc", "EstablishedTimeout": "300", "HealthyThreshold": "5", "UnhealthyThreshold": "4", "HealthCheckConnectTimeout": "10", "HealthCheckInterval": "5",
			"HealthCheckConnectPort": "81", "HealthCheckReq": "ping", "HealthCheckExp": "pong", "EipTransmit": "on",
		},
		nil,
	},
}

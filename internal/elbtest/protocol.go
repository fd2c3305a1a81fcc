package elbtest

import (
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// CreateOf creates a listener of a protocol: HTTP, TCP or UDP.
func (s *Site) CreateOf(protocol string, params map[string]string) (err error) {
	switch protocol {
	case "HTTP":
		_, err = s.ENS.CreateLoadBalancerHTTPListener(Fill(ens.CreateCreateLoadBalancerHTTPListenerRequest(), params))
	case "TCP":
		_, err = s.ENS.CreateLoadBalancerTCPListener(Fill(ens.CreateCreateLoadBalancerTCPListenerRequest(), params))
	case "UDP":
		_, err = s.ENS.CreateLoadBalancerUDPListener(Fill(ens.CreateCreateLoadBalancerUDPListenerRequest(), params))
	}
	return err
}

// SetOf changes a listener of a protocol.
func (s *Site) SetOf(protocol string, params map[string]string) (err error) {
	switch protocol {
	case "HTTP":
		_, err = s.ENS.SetLoadBalancerHTTPListenerAttribute(Fill(ens.CreateSetLoadBalancerHTTPListenerAttributeRequest(), params))
	case "TCP":
		_, err = s.ENS.SetLoadBalancerTCPListenerAttribute(Fill(ens.CreateSetLoadBalancerTCPListenerAttributeRequest(), params))
	case "UDP":
		_, err = s.ENS.SetLoadBalancerUDPListenerAttribute(Fill(ens.CreateSetLoadBalancerUDPListenerAttributeRequest(), params))
	}
	return err
}

// StatusOf returns the status of a listener of a protocol, as Describe answers it.
func (s *Site) StatusOf(protocol, port string) (string, error) {
	params := map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port}
	switch protocol {
	case "HTTP":
		out, err := s.ENS.DescribeLoadBalancerHTTPListenerAttribute(Fill(ens.CreateDescribeLoadBalancerHTTPListenerAttributeRequest(), params))
		return out.Status, err
	case "TCP":
		out, err := s.ENS.DescribeLoadBalancerTCPListenerAttribute(Fill(ens.CreateDescribeLoadBalancerTCPListenerAttributeRequest(), params))
		return out.Status, err
	}
	out, err := s.ENS.DescribeLoadBalancerUDPListenerAttribute(Fill(ens.CreateDescribeLoadBalancerUDPListenerAttributeRequest(), params))
	return out.Status, err
}

// ListenOf creates and starts a listener of a protocol, waits until it runs, and returns
// its address.
func (s *Site) ListenOf(t testing.TB, protocol string, changes map[string]string) (address string) {
	t.Helper()
	params := map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": strconv.Itoa(int(s.ports.Add(1)))}
	if protocol == "HTTP" {
		params["HealthCheck"] = "off"
	}
	maps.Copy(params, changes)
	if err := s.CreateOf(protocol, params); err != nil {
		t.Fatalf("CreateLoadBalancer%sListener %v: %v", protocol, params, err)
	}
	port := params["ListenerPort"]
	start := map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port, "ListenerProtocol": listenerProtocols[protocol]}
	if _, err := s.ENS.StartLoadBalancerListener(Fill(ens.CreateStartLoadBalancerListenerRequest(), start)); err != nil {
		t.Fatalf("StartLoadBalancerListener %s: %v", port, err)
	}
	Eventually(t, func() error {
		if status, err := s.StatusOf(protocol, port); err != nil || !strings.EqualFold(status, "Running") { // running on HTTP
			return fmt.Errorf("%s listener %s is %s: %w", protocol, port, status, err)
		}
		return nil
	})
	return net.JoinHostPort(s.Address, port)
}

// portOf returns the port of an address.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// StopListener stops the listener on a port.
func (s *Site) StopListener(port string) error {
	_, err := s.ENS.StopLoadBalancerListener(Fill(ens.CreateStopLoadBalancerListenerRequest(),
		map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port}))
	return err
}

// listenerProtocols are the values of ListenerProtocol.
var listenerProtocols = map[string]string{"HTTP": "http", "HTTPS": "https", "TCP": "tcp", "UDP": "udp"}

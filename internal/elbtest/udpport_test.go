package elbtest

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"elbow/internal/leak"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// A UDP listener waits until the HTTP/3 requests in flight on its port have ended by
// themselves, and logs what it waits for. After its deletion HTTP/3 uses the port again.
func TestUDPListenerWaitsForHTTP3(t *testing.T) {
	leak.Check(t)
	n := Start(t, Options{})
	a := NewBackend(t, "a")
	asked, answer := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(answer) })
	t.Cleanup(release) // the backend waits for it
	a.Serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(asked)
			<-answer
		}
		_, _ = io.WriteString(w, "a")
	})
	s := NewSite(t, n, a)
	f := s.Listen(t, nil)
	slow := make(chan error, 1)
	client := &http.Client{Transport: f.overQUIC(t), Timeout: patience}
	go func() { // ends with the request
		got, err := f.TryGet(client, "/slow")
		if err == nil && got.Status != http.StatusOK {
			err = fmt.Errorf("status %d", got.Status)
		}
		slow <- err
	}()
	<-asked
	udp := map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": f.Port}
	if err := s.CreateOf("UDP", udp); err != nil {
		t.Fatal(err)
	}
	udp["ListenerProtocol"] = "udp"
	if _, err := s.ENS.StartLoadBalancerListener(Fill(ens.CreateStartLoadBalancerListenerRequest(), udp)); err != nil {
		t.Fatal(err)
	}
	Eventually(t, func() error {
		if !n.log.contains("HTTP/3 connections of an HTTPS listener on " + f.HostPort() + " still drain") {
			return fmt.Errorf("the log does not say what the UDP listener waits for")
		}
		return nil
	})
	release()
	if err := <-slow; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	Eventually(t, func() error {
		if status, err := s.StatusOf("UDP", f.Port); err != nil || status != "Running" {
			return fmt.Errorf("the UDP listener is %s: %w", status, err)
		}
		return nil
	})
	if n.log.contains("another process on this machine") {
		t.Error("the log blames another process")
	}
	if _, err := s.ENS.DeleteLoadBalancerListener(Fill(ens.CreateDeleteLoadBalancerListenerRequest(), udp)); err != nil {
		t.Fatal(err)
	}
	Eventually(t, f.getter(f.overQUIC(t)))
}

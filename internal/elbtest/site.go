package elbtest

import (
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/cas"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

// SiteName is the name in a site's certificate.
const SiteName = "site.test"

// A Site is a load balancer with backends and a certificate, ready for
// listeners.
type Site struct {
	*SDK
	Node           *Node
	LoadBalancerID string
	Address        string // IP
	Certificate    Certificate
	CertificateID  string
	Backends       []*Backend

	ports atomic.Int32
}

// firstPort is the port of a site's first listener; every site has an address
// of its own.
const firstPort = 8443

// NewSite creates a load balancer in front of backends.
func NewSite(t testing.TB, n *Node, backends ...*Backend) *Site {
	t.Helper()
	s := &Site{SDK: n.SDK(t), Node: n, Backends: backends}
	s.ports.Store(firstPort - 1)
	s.Certificate = NewCertificate(t, SiteName)
	s.CertificateID = Upload(t, s.SDK, s.Certificate)

	made, err := s.ENS.CreateLoadBalancer(Fill(ens.CreateCreateLoadBalancerRequest(), LoadBalancerParams()))
	if err != nil {
		t.Fatalf("CreateLoadBalancer: %v", err)
	}
	s.LoadBalancerID = made.LoadBalancerId
	attribute := ens.CreateDescribeLoadBalancerAttributeRequest()
	attribute.LoadBalancerId = s.LoadBalancerID
	found, err := s.ENS.DescribeLoadBalancerAttribute(attribute)
	if err != nil {
		t.Fatalf("DescribeLoadBalancerAttribute: %v", err)
	}
	s.Address = found.Address
	if len(backends) > 0 {
		s.AddBackends(t, 100, backends...)
	}
	return s
}

// LoadBalancerParams returns the parameters of a CreateLoadBalancer that succeeds.
func LoadBalancerParams() map[string]string {
	return map[string]string{
		"EnsRegionId": "local", "LoadBalancerSpec": "elb.s1.small", "NetworkId": "n-default",
		"VSwitchId": "vsw-default", "PayType": "PostPaid",
	}
}

// EIPParams returns the parameters of CreateEipInstance.
func EIPParams() map[string]string {
	return map[string]string{"EnsRegionId": "local", "InstanceChargeType": "PostPaid", "InternetChargeType": "95BandwidthByMonth"}
}

// uploads numbers the certificates of this process, whose names have to differ.
var uploads atomic.Int64

// Upload uploads a key pair and returns its id.
func Upload(t testing.TB, sdk *SDK, c Certificate) string {
	t.Helper()
	request := cas.CreateUploadUserCertificateRequest()
	request.Name = fmt.Sprintf("test-%d", uploads.Add(1))
	request.Cert, request.Key = c.Chain, c.Key
	made, err := sdk.CAS.UploadUserCertificate(request)
	if err != nil {
		t.Fatalf("UploadUserCertificate: %v", err)
	}
	return strconv.FormatInt(made.CertId, 10)
}

// AddBackends adds backends with a weight.
func (s *Site) AddBackends(t testing.TB, weight int, backends ...*Backend) {
	t.Helper()
	var servers []ens.AddBackendServersBackendServers
	for _, b := range backends {
		host, port, err := net.SplitHostPort(b.Address)
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, ens.AddBackendServersBackendServers{
			ServerId: "i-" + b.Name, Ip: host, Port: port, Weight: strconv.Itoa(weight),
		})
	}
	request := ens.CreateAddBackendServersRequest()
	request.LoadBalancerId = s.LoadBalancerID
	request.BackendServers = &servers
	if _, err := s.ENS.AddBackendServers(request); err != nil {
		t.Fatalf("AddBackendServers: %v", err)
	}
}

// SetWeight changes the weight of a backend.
func (s *Site) SetWeight(t testing.TB, b *Backend, weight int) {
	t.Helper()
	request := ens.CreateSetBackendServersRequest()
	request.LoadBalancerId = s.LoadBalancerID
	request.BackendServers = &[]ens.SetBackendServersBackendServers{{ServerId: "i-" + b.Name, Weight: strconv.Itoa(weight)}}
	if _, err := s.ENS.SetBackendServers(request); err != nil {
		t.Fatalf("SetBackendServers: %v", err)
	}
}

// ListenerParams returns the parameters of a CreateLoadBalancerHTTPSListener that
// succeeds, on a port that no other listener of the site uses, with changes.
func (s *Site) ListenerParams(changes map[string]string) map[string]string {
	params := map[string]string{
		"LoadBalancerId": s.LoadBalancerID, "ListenerPort": strconv.Itoa(int(s.ports.Add(1))),
		"HealthCheck": "off", "ServerCertificateId": s.CertificateID,
	}
	maps.Copy(params, changes)
	return params
}

// Create creates a listener.
func (s *Site) Create(params map[string]string) error {
	_, err := s.ENS.CreateLoadBalancerHTTPSListener(Fill(ens.CreateCreateLoadBalancerHTTPSListenerRequest(), params))
	return err
}

// Set changes a listener.
func (s *Site) Set(params map[string]string) error {
	_, err := s.ENS.SetLoadBalancerHTTPSListenerAttribute(Fill(ens.CreateSetLoadBalancerHTTPSListenerAttributeRequest(), params))
	return err
}

// Describe describes a listener.
func (s *Site) Describe(port string) (*ens.DescribeLoadBalancerHTTPSListenerAttributeResponse, error) {
	for {
		out, err := s.ENS.DescribeLoadBalancerHTTPSListenerAttribute(Fill(ens.CreateDescribeLoadBalancerHTTPSListenerAttributeRequest(),
			map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port}))
		if !strings.HasPrefix(Code(err), "Throttling") {
			return out, err
		}
		time.Sleep(50 * time.Millisecond) // tests that wait call it often, on a node that they share
	}
}

// StartListener starts a listener.
func (s *Site) StartListener(port string) error {
	_, err := s.ENS.StartLoadBalancerListener(Fill(ens.CreateStartLoadBalancerListenerRequest(),
		map[string]string{"LoadBalancerId": s.LoadBalancerID, "ListenerPort": port}))
	return err
}

// Listen creates and starts a listener and waits until it runs.
func (s *Site) Listen(t testing.TB, changes map[string]string) *Front {
	t.Helper()
	params := s.ListenerParams(changes)
	if err := s.Create(params); err != nil {
		t.Fatalf("CreateLoadBalancerHTTPSListener %v: %v", params, err)
	}
	f := &Front{Site: s, Port: params["ListenerPort"]}
	if err := s.StartListener(f.Port); err != nil {
		t.Fatalf("StartLoadBalancerListener %s: %v", f.Port, err)
	}
	f.AwaitState(t, "Running")
	return f
}

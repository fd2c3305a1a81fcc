// Https-listener does the main job with the official SDK: certificate, load
// balancer, backend, HTTPS listener.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/cas"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ens"
)

func main() {
	endpoint, id, secret := os.Getenv("ELBOW_ENDPOINT"), os.Getenv("ELBOW_ACCESS_KEY_ID"), os.Getenv("ELBOW_ACCESS_KEY_SECRET")
	ca := must(cas.NewClientWithAccessKey("local", id, secret))
	elb := must(ens.NewClientWithAccessKey("local", id, secret))
	ca.Domain, elb.Domain = endpoint, endpoint // all that is different from the public cloud

	upload := cas.CreateUploadUserCertificateRequest()
	upload.Name = "shop-sdk"
	upload.Cert = string(must(os.ReadFile("cert.pem")))
	upload.Key = string(must(os.ReadFile("key.pem")))
	certificate := must(ca.UploadUserCertificate(upload))

	create := ens.CreateCreateLoadBalancerRequest()
	create.EnsRegionId, create.LoadBalancerSpec, create.PayType = "local", "elb.s1.small", "PostPaid"
	create.NetworkId, create.VSwitchId = "n-default", "vsw-default"
	lb := must(elb.CreateLoadBalancer(create)).LoadBalancerId

	add := ens.CreateAddBackendServersRequest()
	add.LoadBalancerId = lb
	add.BackendServers = &[]ens.AddBackendServersBackendServers{{ServerId: "i-1", Ip: "127.0.0.1", Port: os.Args[1]}}
	must(elb.AddBackendServers(add))

	listener := ens.CreateCreateLoadBalancerHTTPSListenerRequest()
	listener.LoadBalancerId, listener.ListenerPort = lb, requests.NewInteger(8443)
	listener.ServerCertificateId = strconv.FormatInt(certificate.CertId, 10)
	listener.HealthCheck = "off"
	must(elb.CreateLoadBalancerHTTPSListener(listener))

	start := ens.CreateStartLoadBalancerListenerRequest()
	start.LoadBalancerId, start.ListenerPort = lb, requests.NewInteger(8443)
	must(elb.StartLoadBalancerListener(start))

	attribute := ens.CreateDescribeLoadBalancerAttributeRequest()
	attribute.LoadBalancerId = lb
	fmt.Println(must(elb.DescribeLoadBalancerAttribute(attribute)).Address)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

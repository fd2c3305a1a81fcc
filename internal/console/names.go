package console

import (
	"fmt"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// Pages show the name of an object instead of its id if the visitor may see it.

// balancerName returns the name of the page's load balancer, or its id if the visitor may
// not see the name.
func (v formPages) balancerName() string {
	name, _ := v.balancerBrief()
	return name
}

// balancerBrief returns the name of the page's load balancer and whether it is active,
// without which it cannot be changed. If the visitor may not see the load balancer, it
// counts as active.
func (v formPages) balancerBrief() (name string, active bool) {
	if lb, err := balancerPages(v).describe(); err == nil {
		return lb.LoadBalancerName, lb.LoadBalancerStatus == elb.Active
	}
	return v.lb(), true
}

// certificateName returns the name of a certificate, or its id if the visitor may not see
// the name.
func (v formPages) certificateName(id string) string {
	if v.needsCall("GetUserCertificateDetail", nil) == nil {
		if out, err := ask[api.GetUserCertificateDetailOutput](v.visit, "GetUserCertificateDetail", map[string]string{"CertId": id, "CertFilter": "true"}); err == nil {
			return out.Name
		}
	}
	return id
}

// serves returns the certificates of a listener from its value, which is one id or several
// separated by commas.
func (v formPages) serves(ids string) (all []option) {
	if ids == "" {
		return nil
	}
	for _, id := range strings.Split(ids, ",") {
		all = append(all, option{Value: id, Text: v.certificateName(id)})
	}
	return all
}

// textsOfOptions returns the texts of options in one line.
func textsOfOptions(all []option) string {
	var texts []string
	for _, o := range all {
		texts = append(texts, o.Text)
	}
	return strings.Join(texts, ", ")
}

// shownHosts is the maximum number of names of a certificate in a line.
const shownHosts = 3

// hosts returns the names that a certificate is valid for: its SANs, which clients
// check, otherwise its common name.
func hosts(sans, commonName string) string {
	if sans == "" {
		return commonName
	}
	all := strings.Split(sans, ",")
	if len(all) <= shownHosts {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:shownHosts], ", "), len(all)-shownHosts)
}

// nameAndID returns a name with its id, or only the id of an object without another name.
func nameAndID(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}

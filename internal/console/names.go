package console

import (
	"fmt"
	"strings"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// Where a thing has a name that the visitor may see, pages show it and not the id.

// balancerName is the name of the page's load balancer, its id for who may not see
// it.
func (v formPages) balancerName() string {
	name, _ := v.balancerBrief()
	return name
}

// balancerBrief is the name of the page's load balancer and whether it is active,
// without which nothing of it can be changed. Of who may not see it nothing else is
// known than that it may be.
func (v formPages) balancerBrief() (name string, active bool) {
	if lb, err := balancerPages(v).describe(); err == nil {
		return lb.LoadBalancerName, lb.LoadBalancerStatus == elb.Active
	}
	return v.lb(), true
}

// certificateName is the name of a certificate, its id for who may not see it.
func (v formPages) certificateName(id string) string {
	if v.needsCall("GetUserCertificateDetail", nil) == nil {
		if out, err := ask[api.GetUserCertificateDetailOutput](v.visit, "GetUserCertificateDetail", map[string]string{"CertId": id, "CertFilter": "true"}); err == nil {
			return out.Name
		}
	}
	return id
}

// serves are the certificates of a listener, which has one id or several separated
// by commas.
func (v formPages) serves(ids string) (all []option) {
	if ids == "" {
		return nil
	}
	for _, id := range strings.Split(ids, ",") {
		all = append(all, option{Value: id, Text: v.certificateName(id)})
	}
	return all
}

// textsOfOptions are the texts of options in one line.
func textsOfOptions(all []option) string {
	var texts []string
	for _, o := range all {
		texts = append(texts, o.Text)
	}
	return strings.Join(texts, ", ")
}

// shownHosts is how many names of a certificate a line has.
const shownHosts = 3

// hosts are the names that a certificate is for: its SANs, which are what clients
// look at, else its common name.
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

// nameAndID is a name with its id, or the id alone if the thing has no other name.
func nameAndID(name, id string) string {
	if name == "" || name == id {
		return id
	}
	return name + " (" + id + ")"
}

package console

import (
	"fmt"
	"strconv"
	"time"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// A certificatesPage is a page of the list of certificates, and the form to upload one.
type certificatesPage struct {
	Find, Status string
	Rows         []certificateRow
	Pager        pager
	Upload       form
	Open         bool // the form is shown unfolded
}

// A certificateRow is a certificate in the list.
type certificateRow struct {
	api.CertificateOrder
	Hosts string // the names that it is valid for
	Tone  string // ok, warn or bad
	Left  string // time until it expires
	Uses  int    // listeners; -1 if the visitor may not see them
}

// certificatePages show certificates, upload and delete them.
type certificatePages struct{ *visit }

func (v certificatePages) certificates() error { return v.certificateList(200, nil, nil) }

func (v certificatePages) certificateList(status int, values map[string]string, failed error) error {
	page := certificatesPage{Find: v.r.URL.Query().Get("find"), Status: v.r.URL.Query().Get("status"), Open: failed != nil}
	out, err := ask[api.ListUserCertificateOrderOutput](v.visit, "ListUserCertificateOrder", map[string]string{
		"Keyword": page.Find, "Status": page.Status, "ShowSize": strconv.Itoa(listSize), "CurrentPage": strconv.Itoa(v.number()),
	})
	if err != nil {
		return err
	}
	uses := v.uses()
	for _, c := range out.CertificateOrderList {
		row := certificateRow{CertificateOrder: c, Hosts: hosts(c.Sans, c.CommonName), Tone: toneOf(c.Status), Left: left(c.CertEndTime, v.Now()), Uses: -1}
		if uses != nil {
			row.Uses = len(uses[strconv.FormatInt(c.CertificateID, 10)])
		}
		page.Rows = append(page.Rows, row)
	}
	if page.Pager = v.paged(v.number(), listSize, int(out.TotalCount)); page.Pager.Last != "" {
		return v.leave("certificates" + page.Pager.Last) // an old link: the list has become shorter
	}
	page.Upload = formPages(v).formOf(operation("UploadUserCertificate"), values, failed, map[string]tweak{"ResourceGroupId": leftOut})
	v.render(status, "certificates", "Certificates", page)
	return nil
}

func toneOf(status string) string {
	switch status {
	case "EXPIRED":
		return "bad"
	case "WILLEXPIRED":
		return "warn"
	}
	return "ok"
}

// left describes how long a certificate is still valid.
func left(end int64, now time.Time) string {
	days := int(time.UnixMilli(end).Sub(now) / (24 * time.Hour))
	if end < now.UnixMilli() {
		return "expired"
	}
	return plural(days, "day") + " left"
}

// A use is a listener that serves a certificate.
type use struct{ Balancer, Name, Protocol, Port string }

// uses returns the listeners of each certificate; nil if the visitor may not see them.
func (v certificatePages) uses() map[string][]use {
	if !v.may("ens:DescribeLoadBalancerListeners") {
		return nil
	}
	s := v.State()
	names := namesOf(s)
	all := make(map[string][]use)
	for i := range s.Listeners {
		l := &s.Listeners[i]
		if l.CertificateID == "" {
			continue
		}
		for _, id := range elb.CertificateIDs(l.CertificateID) {
			all[id] = append(all[id], use{l.LoadBalancerID, names[l.LoadBalancerID], string(l.Protocol), strconv.Itoa(l.Port)})
		}
	}
	return all
}

func (v certificatePages) uploadCertificate() error {
	op := operation("UploadUserCertificate")
	values := formPages(v).values(op)
	if err := formPages(v).addFiles(values, "Cert", "Key"); err != nil {
		return err
	}
	out, err := ask[api.UploadUserCertificateOutput](v.visit, op.Name, values)
	if err != nil {
		return v.certificateList(v.problemOf(err).Status, values, err)
	}
	return v.done(fmt.Sprintf("certificates/%d", out.CertID), "The certificate is uploaded.")
}

// A certificatePage shows one certificate without its key.
type certificatePage struct {
	api.GetUserCertificateDetailOutput
	Uses    []use
	MaySee  bool // the listeners that use it
	Address string
}

func (v certificatePages) certificate() error {
	id := v.r.PathValue("id")
	out, err := ask[api.GetUserCertificateDetailOutput](v.visit, "GetUserCertificateDetail", map[string]string{"CertId": id, "CertFilter": "true"})
	if err != nil {
		return err
	}
	uses := v.uses()
	return v.show("certificate", "Certificate "+out.Name, certificatePage{
		GetUserCertificateDetailOutput: out, Uses: uses[id], MaySee: uses != nil, Address: Path + at("certificates", id),
	})
}

func (v certificatePages) deleteCertificatePage() error {
	id := v.r.PathValue("id")
	here := at("certificates", id)
	var facts []string
	if uses := v.uses(); uses != nil {
		facts = []string{"No listener serves it."}
		if n := len(uses[id]); n > 0 {
			facts = []string{"Listeners that serve it: " + fmt.Sprint(n) + ". Put another one in its place first."}
		}
	}
	return formPages(v).confirm(question{
		Call: "DeleteUserCertificate", Facts: facts, Title: "Delete the certificate " + formPages(v).certificateName(id) + "?", Text: "Its private key is gone for good. A certificate that a listener serves cannot be deleted.",
		Do: here + "/delete", Back: here, Button: "Delete",
	})
}

func (v certificatePages) deleteCertificate() error {
	id := v.r.PathValue("id")
	return formPages(v).delete("DeleteUserCertificate", map[string]string{"CertId": id}, at("certificates", id), "certificates", "The certificate is deleted.")
}

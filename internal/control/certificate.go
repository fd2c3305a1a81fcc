package control

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"elbow/internal/api"
	"elbow/internal/cert"
	"elbow/internal/elb"
	"elbow/internal/store"
)

// certificateAPI has the operations of certificates.
type certificateAPI struct{ shared }

// UploadUserCertificate validates a key pair and stores it under a new id.
func (s *certificateAPI) UploadUserCertificate(ctx context.Context, in *api.UploadUserCertificateInput) (out api.UploadUserCertificateOutput, err error) {
	pair, err := cert.Parse(in.Cert, in.Key, s.now())
	if err != nil {
		return out, api.ErrInvalidCertificate.New("Cert", err.Error())
	}
	f := pair.Facts
	c := elb.Certificate{
		Name: in.Name, ChainPEM: in.Cert, KeyPEM: in.Key, CreateTime: s.now(),
		CommonName: f.CommonName, Sans: f.Sans, Issuer: f.Issuer, OrgName: f.OrgName,
		Province: f.Province, City: f.City, Country: f.Country,
		Fingerprint: f.Fingerprint, Sha2: f.Sha2, SerialNo: f.SerialNo, Algorithm: f.Algorithm,
		NotBefore: f.NotBefore, NotAfter: f.NotAfter,
	}
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		if _, taken := store.Certificates.Named(tx, c.Name); taken {
			return api.ErrCertificateExists.New(c.Name)
		}
		c.ID = max(store.Certificates.LastID(tx)+1, firstCertificateID)
		store.Certificates.Create(tx, c)
		return nil
	})
	out.CertID, out.ResourceID = c.ID, certificateInstance(c.ID)
	return out, err
}

// DeleteUserCertificate deletes a certificate that no listener uses.
func (s *certificateAPI) DeleteUserCertificate(ctx context.Context, in *api.DeleteUserCertificateInput) (out api.DeleteUserCertificateOutput, err error) {
	id := strconv.FormatInt(in.CertID, 10)
	return out, s.store.Update(ctx, func(tx *store.Tx) error {
		c, found := store.Certificates.Get(tx, in.CertID)
		if !found {
			return api.ErrCertificateNotFound.New()
		}
		if l, used := store.Certificates.UserOf(tx, id); used {
			return api.ErrCertificateInUse.New(fmt.Sprintf("%s:%d", l.LoadBalancerID, l.Port))
		}
		store.Certificates.Delete(tx, c)
		store.Certificates.ForgetUses(tx, id)
		return nil
	})
}

// GetUserCertificateDetail describes a certificate.
func (s *certificateAPI) GetUserCertificateDetail(ctx context.Context, in *api.GetUserCertificateDetailInput) (out api.GetUserCertificateDetailOutput, err error) {
	var c elb.Certificate
	err = s.store.View(ctx, func(r *store.Reader) (err error) {
		var found bool
		if c, found = store.Certificates.Get(r, in.CertID); !found {
			return api.ErrCertificateNotFound.New()
		}
		return nil
	})
	out = api.GetUserCertificateDetailOutput{
		ID: c.ID, Name: c.Name, Common: c.CommonName, Sans: strings.Join(c.Sans, ","),
		Issuer: c.Issuer, OrgName: c.OrgName, Province: c.Province, City: c.City, Country: c.Country,
		Fingerprint: c.Fingerprint, Sha2: c.Sha2, SerialNo: c.SerialNo,
		StartDate: api.Date(c.NotBefore), EndDate: api.Date(c.NotAfter),
		NotBefore: c.NotBefore.UnixMilli(), NotAfter: c.NotAfter.UnixMilli(),
		Expired: s.now().After(c.NotAfter), Algorithm: c.Algorithm,
		CertIdentifier: strconv.FormatInt(c.ID, 10) + "-cn-hangzhou", InstanceID: certificateInstance(c.ID),
		CertChain: chain(c.ChainPEM, s.now()),
	}
	if !in.Filter {
		out.Cert, out.Key = c.ChainPEM, c.KeyPEM
	}
	return out, err
}

// certificateInstance is the resource name of an uploaded certificate, which
// clients take from one answer and send in another call.
func certificateInstance(id int64) string { return "cas-upload-" + strconv.FormatInt(id, 36) }

// chain describes the certificates of a chain in PEM.
func chain(text string, now time.Time) (all []api.ChainLink) {
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue // not a certificate: the chain as a whole was accepted
		}
		all = append(all, api.ChainLink{
			CommonName: c.Subject.CommonName, IssuerCommonName: c.Issuer.CommonName,
			NotBefore: c.NotBefore.UnixMilli(), NotAfter: c.NotAfter.UnixMilli(),
			RemainDay: max(0, int(c.NotAfter.Sub(now)/(24*time.Hour))),
		})
	}
	return all
}

// ListUserCertificateOrder lists the certificates that match all filters, newest
// first.
func (s *certificateAPI) ListUserCertificateOrder(ctx context.Context, in *api.ListUserCertificateOrderInput) (out api.ListUserCertificateOrderOutput, err error) {
	var all []elb.Certificate
	err = s.store.View(ctx, func(r *store.Reader) error {
		all = store.Certificates.Facts(r)
		return nil
	})
	now := s.now()
	all = slices.DeleteFunc(all, func(c elb.Certificate) bool { return !listed(&c, in, now) })
	slices.SortFunc(all, func(a, b elb.Certificate) int { return cmp.Compare(b.ID, a.ID) })
	some, p := page(all, in.CurrentPage, in.ShowSize)
	out.CurrentPage, out.ShowSize, out.TotalCount = int64(p.PageNumber), int64(p.PageSize), int64(p.TotalCount)
	for i := range some {
		out.CertificateOrderList = append(out.CertificateOrderList, order(&some[i], now))
	}
	return out, err
}

// listed reports whether a certificate matches the filters. All were uploaded,
// and none is in a resource group.
func listed(c *elb.Certificate, in *api.ListUserCertificateOrderInput, now time.Time) bool {
	uploaded := in.OrderType == "" || in.OrderType == "UPLOAD" || in.OrderType == "CERT"
	return uploaded && in.Group == "" && mentions(c, in.Keyword) && (in.Status == "" || in.Status == certificateStatus(c, now))
}

// mentions reports whether a name or a domain of the certificate contains the
// keyword, ignoring case.
func mentions(c *elb.Certificate, keyword string) bool {
	keyword = strings.ToLower(keyword)
	return slices.ContainsFunc(append([]string{c.Name, c.CommonName}, c.Sans...), func(s string) bool {
		return strings.Contains(strings.ToLower(s), keyword)
	})
}

func certificateStatus(c *elb.Certificate, now time.Time) string {
	switch {
	case now.After(c.NotAfter):
		return "EXPIRED"
	case now.AddDate(0, 0, expirySoon).After(c.NotAfter):
		return "WILLEXPIRED"
	}
	return "ISSUED"
}

func order(c *elb.Certificate, now time.Time) api.CertificateOrder {
	return api.CertificateOrder{
		Algorithm: c.Algorithm, CertificateID: c.ID, Name: c.Name, CommonName: c.CommonName,
		CertStartTime: c.NotBefore.UnixMilli(), CertEndTime: c.NotAfter.UnixMilli(),
		StartDate: api.Date(c.NotBefore), EndDate: api.Date(c.NotAfter), Expired: now.After(c.NotAfter),
		Sans: strings.Join(c.Sans, ","), Issuer: c.Issuer, OrgName: c.OrgName, Province: c.Province, City: c.City,
		Country: c.Country, Fingerprint: c.Fingerprint, Sha2: c.Sha2, SerialNo: c.SerialNo,
		Status: certificateStatus(c, now), Upload: true, InstanceID: certificateInstance(c.ID),
	}
}

package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// certificateNames are the names that the certificates of a manifest have, or will
// have, on the server.
type certificateNames struct {
	stored []StoredCertificate // on the server
	names  map[string]string   // of the manifest → on the server
}

// choose gives a certificate of the manifest its name on the server: its own, or
// another one if that is in use by another certificate. It reports whether the server
// has it.
func (c *certificateNames) choose(wanted Certificate) (name string, stored bool) {
	renewed := wanted.Name + "-" + wanted.Sha2[:8]
	c.names[wanted.Name] = wanted.Name
	for _, s := range c.stored {
		if s.Sha2 == wanted.Sha2 && (s.Name == wanted.Name || s.Name == renewed) {
			c.names[wanted.Name] = s.Name
			return s.Name, true
		}
	}
	if c.named(wanted.Name) != nil {
		c.names[wanted.Name] = renewed
	}
	return c.names[wanted.Name], false
}

// named is the certificate of a name on the server, nil if there is none.
func (c *certificateNames) named(name string) *StoredCertificate {
	i := slices.IndexFunc(c.stored, func(s StoredCertificate) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &c.stored[i]
}

// nameOf is the name of a certificate on the server, its id if it is
// gone.
func (c *certificateNames) nameOf(id string) string {
	for _, s := range c.stored {
		if s.ID == id {
			return s.Name
		}
	}
	return id
}

// of lists the names of a listener's certificates on the server, none if
// it has ids.
func (c *certificateNames) of(l Listener) []string {
	var all []string
	for _, name := range l.Certificates {
		all = append(all, cmp.Or(c.names[name], name))
	}
	return all
}

// ids lists the ids of a listener's certificates on the server, with a
// text that is no valid id for one that is still to be uploaded.
func (c *certificateNames) ids(l Listener) (string, error) {
	if len(l.Certificates) == 0 {
		return l.Fields["ServerCertificateId"], nil
	}
	var ids []string
	for i, name := range c.of(l) {
		stored := c.named(name)
		if stored == nil && c.names[l.Certificates[i]] == "" {
			return "", fmt.Errorf("neither the file nor the server has a certificate %s", name)
		}
		if stored == nil {
			return "to be uploaded", nil
		}
		ids = append(ids, stored.ID)
	}
	return strings.Join(ids, ","), nil
}

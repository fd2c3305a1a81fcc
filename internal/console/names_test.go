package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"elbow/internal/api"
	"elbow/internal/elb"
)

// Pages show names instead of ids: of the load balancer of a listener, and of its
// certificates, also of several, of an expired one and of one without a common name.
func TestNamesInsteadOfIDs(t *testing.T) {
	s := newStrictSite(t)
	s.with(func() {
		s.answers["ListUserCertificateOrder"] = api.ListUserCertificateOrderOutput{CertificateOrderList: []api.CertificateOrder{
			{CertificateID: 7, Name: "mail", Sans: "mail.test,imap.test,pop.test,smtp.test", EndDate: "2027-01-01"},
		}, TotalCount: 1}
		s.answers["GetUserCertificateDetail"] = api.GetUserCertificateDetailOutput{ID: 1, Name: "old-one"}
		s.answers["DescribeLoadBalancerHTTPSListenerAttribute"] = api.DescribeLoadBalancerHTTPSListenerAttributeOutput{ListenerPort: 443, ServerCertificateID: "1,2", Status: elb.Running}
		s.state.Listeners[0].CertificateID = "1,2"
	})
	b := s.signIn(t, "root-key")
	for page, want := range map[string][]string{
		"load-balancers/lb-1/listeners/https/443":        {">shop</a>", "on port 443 of shop", "<dd>old-one, old-one</dd>", "mail.test, imap.test, pop.test and 1 more", `value="1,2" selected>old-one, old-one`},
		"load-balancers/lb-1/listeners/https/new":        {">shop</a>", "New HTTPS listener of shop", "mail, mail.test, imap.test"},
		"load-balancers/lb-1/listeners/https/443/delete": {"of shop?"},
		"certificates":          {"mail.test, imap.test, pop.test and 1 more"},
		"certificates/2":        {"shop, port 443"}, // a listener with several serves it
		"certificates/1/delete": {"Delete the certificate old-one?", "Listeners that serve it: 1."},
	} {
		b.get(page).want(t, http.StatusOK, want...)
	}
	got := b.get("load-balancers/lb-1/listeners/https/443")
	if strings.Contains(got.text, ">lb-1<") {
		t.Error("the page shows an id where there is a name")
	}
	s.allow(t, `{"Effect":"Allow","Action":"ens:DescribeLoadBalancerHTTPSListenerAttribute","Resource":"*"}`)
	s.signIn(t, "alice").get("load-balancers/lb-1/listeners/https/443").want(t, http.StatusOK, "of lb-1", "<dd>1, 2</dd>")
}

// On a narrow screen each row of a table is a card: each cell but the first has a label or
// the actions.
func TestTablesAreCardsOnAPhone(t *testing.T) {
	narrow := map[string]bool{"templates/overview.html": true, "templates/explorer_operation.html": true} // three short columns
	files, err := templates.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, f := range files {
		name := "templates/" + f.Name()
		text, err := templates.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "<table>") && !narrow[name] {
			t.Errorf("%s has a table that is no cards on a phone", name)
		}
		for _, row := range regexp.MustCompile(`(?s)<tr[ >][^{]*(?:{{[^}]*}}[^{<]*)*<td.*?</tr>`).FindAllString(string(text), -1) {
			if narrow[name] {
				continue
			}
			tables++
			for i, cell := range regexp.MustCompile(`(?s)<td.*?</td>`).FindAllString(row, -1) {
				if i > 0 && !strings.Contains(cell, "data-label=") && !strings.Contains(cell, `class="actions"`) {
					t.Errorf("%s: a cell without a label: %s", name, cell)
				}
			}
		}
	}
	if tables < 9 {
		t.Errorf("only %d tables were looked at", tables)
	}
}

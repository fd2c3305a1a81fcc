package console

import "strings"

// A navEntry is a link of the navigation.
type navEntry struct {
	Text, To string
	Current  string // for aria-current: page, true for a group with the page, "" for others
}

// A navList is a list with the action that is required to see it; "" for none.
type navList struct{ text, to, action string }

// navGroups are the entries of the navigation. Those with several lists lead to the first
// one that the visitor may see, above which are links to the others.
var navGroups = []struct {
	text  string
	lists []navList
}{
	{"Overview", []navList{{"Overview", "", ""}}},
	{"Load balancers", []navList{{"Load balancers", "load-balancers", "ens:DescribeLoadBalancers"}}},
	{"Networks", []navList{
		{"Networks", "networks", "ens:DescribeNetworks"}, {"EIPs", "eips", "ens:DescribeEnsEipAddresses"}, {"Instances", "instances", "ens:DescribeInstances"},
	}},
	{"Certificates", []navList{{"Certificates", "certificates", "cas:ListUserCertificateOrder"}}},
	{"Access", []navList{
		{"Users", "users", "ram:ListUsers"}, {"Groups", "groups", "ram:ListGroups"}, {"Roles", "roles", "ram:ListRoles"}, {"Policies", "policies", "ram:ListPolicies"},
	}},
	{"Audit log", []navList{{"Audit log", "audit", auditing}}},
	{"API Explorer", []navList{{"API Explorer", "explorer", ""}}},
}

// Sections returns the entries of the navigation that the visitor may see.
func (f frame) Sections() (all []navEntry) {
	for _, g := range navGroups {
		if lists := f.seen(g.lists); len(lists) > 0 {
			one := navEntry{g.text, lists[0].To, lists[0].Current}
			for _, l := range lists[1:] {
				if l.Current != "" {
					one.Current = "true"
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// Lists returns the lists of the group that the page belongs to, if there are several that
// the visitor may see.
func (f frame) Lists() []navEntry {
	for _, g := range navGroups {
		lists := f.seen(g.lists)
		for _, l := range lists {
			if l.Current != "" && len(lists) > 1 {
				return lists
			}
		}
	}
	return nil
}

func (f frame) seen(lists []navList) (all []navEntry) {
	for _, l := range lists {
		if l.action != "" && !f.May(l.action) {
			continue
		}
		one := navEntry{Text: l.text, To: l.to}
		if f.in(l.to) {
			one.Current = "page"
		}
		all = append(all, one)
	}
	return all
}

// in reports whether the page belongs to a list.
func (f frame) in(list string) bool {
	rest := strings.TrimPrefix(f.visit.r.URL.Path, Path)
	return rest == list || list != "" && strings.HasPrefix(rest, list+"/")
}

package api

// A Group is the heading above a parameter in a form; "" is the start of the
// form, without a heading.
type Group string

// The groups of parameters.
const (
	Timeouts       Group = "Timeouts"
	PlainHTTP      Group = "Redirect from plain HTTP"
	ToHTTPS        Group = "Redirect to HTTPS"
	StickySessions Group = "Sticky sessions"
	HealthChecks   Group = "Health checks"
)

// Groups lists the groups in the order of a form.
var Groups = []Group{"", Timeouts, PlainHTTP, ToHTTPS, StickySessions, HealthChecks}

// inGroup puts rows into a group.
func inGroup(g Group, rows []Param) []Param {
	for i := range rows {
		rows[i].Group = g
	}
	return rows
}

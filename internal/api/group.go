package api

// A Group is the heading that a parameter stands under in a form; "" is the
// beginning of the form, which has none.
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

// Package ram evaluates RAM policies: given policies and an action, a resource
// and conditions it answers allow, deny or no statement. It is pure. Start
// reading at Evaluate.
package ram

// A Policy is a document that was parsed. It never changes.
type Policy struct {
	statements []statement
}

type statement struct {
	deny       bool
	actions    patterns // lower case: RAM does not tell cases of actions apart
	resources  patterns
	conditions []condition // all must hold
}

// patterns is the value of Action, NotAction, Resource or NotResource.
type patterns struct {
	not  bool // the statement is about everything else
	list []pattern
}

func (p patterns) match(s string) bool {
	for _, one := range p.list {
		if one.match(s) {
			return !p.not
		}
	}
	return p.not
}

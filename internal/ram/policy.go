// Package ram evaluates RAM policies: given policies and an action, a resource
// and conditions it returns allow, deny or no statement. It is pure. Start
// reading at Evaluate.
package ram

// A Policy is a parsed document. It is immutable.
type Policy struct {
	statements []statement
}

type statement struct {
	deny       bool
	actions    patterns // lower case: RAM ignores the case of actions
	resources  patterns
	conditions []condition // all must hold
}

// patterns is the value of Action, NotAction, Resource or NotResource.
type patterns struct {
	not  bool // the statement applies to everything else
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

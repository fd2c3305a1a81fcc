package console

// in is a page of P as one of a visit. A P is a visit, with what its pages have in common.
func in[P ~struct{ *visit }](page func(P) error) func(*visit) error {
	return func(v *visit) error { return page(P{v}) }
}

// topicIn is in for what a page that is looked at follows.
func topicIn[P ~struct{ *visit }](topic func(P) (string, error)) func(*visit) (string, error) {
	return func(v *visit) (string, error) { return topic(P{v}) }
}

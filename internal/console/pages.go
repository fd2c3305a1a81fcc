package console

// in converts a page of P to one of a visit. P is a visit with the methods that its pages
// share.
func in[P ~struct{ *visit }](page func(P) error) func(*visit) error {
	return func(v *visit) error { return page(P{v}) }
}

// topicIn converts the topic of an event stream in the way that in converts a page.
func topicIn[P ~struct{ *visit }](topic func(P) (string, error)) func(*visit) (string, error) {
	return func(v *visit) (string, error) { return topic(P{v}) }
}

package control

// HoldGuesses blocks sign-ins until release is called.
func (s *Service) HoldGuesses() (release func()) {
	s.guesses.turn <- struct{}{}
	return func() { <-s.guesses.turn }
}

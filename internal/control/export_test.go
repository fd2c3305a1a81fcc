package control

// HoldGuesses keeps sign-ins waiting until release is called.
func (s *Service) HoldGuesses() (release func()) {
	s.guesses.turn <- struct{}{}
	return func() { <-s.guesses.turn }
}

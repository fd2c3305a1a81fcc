package control

// HoldGuesses blocks sign-ins until release is called.
func (s *Service) HoldGuesses() (release func()) {
	s.logins.guesses.turn <- struct{}{}
	return func() { <-s.logins.guesses.turn }
}

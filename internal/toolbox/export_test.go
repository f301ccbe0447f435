package toolbox

import "time"

// Hurry makes s less patient with what runs in the background.
func (s *Session) Hurry() {
	s.pace.firstSeconds, s.pace.answered, s.pace.look = 1, 200*time.Millisecond, 50*time.Millisecond
}

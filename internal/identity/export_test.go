package identity

// SecretCookie lets tests of the front door fuzz the cookie scanner.
var SecretCookie = secretCookie

// ReturnPathLimit is the longest return path.
const ReturnPathLimit = maxReturnPath

// HoldLinkHasher takes all turns to hash passwords of links, until release is called.
func (s *Service) HoldLinkHasher() (release func()) {
	for range argonAtOnce {
		s.linkHasher.turns <- struct{}{}
	}
	return func() {
		for range argonAtOnce {
			s.linkHasher.leave()
		}
	}
}

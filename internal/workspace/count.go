package workspace

// Count returns how many workspaces an owner has, as far as announced.
func (s *Service) Count(owner string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.known {
		if w.OwnerID == owner {
			n++
		}
	}
	return n
}

// CountByOwner returns how many workspaces each owner has, as far as announced.
func (s *Service) CountByOwner() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for _, w := range s.known {
		n[w.OwnerID]++
	}
	return n
}

// HoldingPorts returns how many workspaces have a pair of ports, as far as announced.
func (s *Service) HoldingPorts() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.known {
		if w.VSCodePort != 0 {
			n++
		}
	}
	return n
}

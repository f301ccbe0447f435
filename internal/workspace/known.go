package workspace

// Known returns those of the workspaces with these ids that this process knows of, in the
// order of ids, from memory: at most a poll behind what other processes write. Meant for
// what is asked so often that the store should not be.
func (s *Service) Known(ids ...string) []Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]Workspace, 0, len(ids))
	for _, id := range ids {
		if w, ok := s.known[id]; ok {
			found = append(found, w)
		}
	}
	return found
}

package gateway

// Activity names what keeps a workspace in use at this moment; empty when nothing does.
func (g *Gateway) Activity(id string) []string {
	r := g.routes.lookup(id)
	if r == nil {
		return nil
	}
	r.usage.mu.Lock()
	defer r.usage.mu.Unlock()
	if r.usage.sockets > 0 {
		return []string{"editor"}
	}
	return nil
}

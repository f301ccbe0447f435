package gateway

// Activity names what keeps a workspace in use at this moment; empty when nothing does.
func (g *Gateway) Activity(id string) []string {
	r := g.routes.lookup(id)
	if r == nil {
		return nil
	}
	r.usage.mu.Lock()
	defer r.usage.mu.Unlock()
	var uses []string
	if r.usage.sockets > r.usage.portSockets {
		uses = append(uses, "editor")
	}
	if r.usage.portSockets > 0 {
		uses = append(uses, "port")
	}
	return uses
}

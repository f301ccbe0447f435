package workspace

// action is the next thing to do about a workspace.
type action string

const (
	nothing  action = ""
	deleting action = "delete"
	stopping action = "stop"  // remove the container, give the ports back
	tidying  action = "tidy"  // the same, for a start that failed; the status stays
	starting action = "start" // make a container
	awaiting action = "await" // the container runs; wait for its editor
	noting   action = "note"  // write down that the container was paused, or goes on
	pausing  action = "pause"
	resuming action = "resume"
	checking action = "check" // whether the container is what answers on its ports
	crashing action = "crash" // the container died behind our back
	failing  action = "fail"  // the start cannot go on
)

// plan compares a record with its containers. It is all there is to deciding; it keeps
// nothing in mind, so it does not matter who died when.
func plan(w Workspace, found []Container) action {
	untidy := len(found) > 0 || w.VSCodePort != 0 || w.ContainerID != ""
	switch {
	case w.Desired == DesiredDeleted:
		return deleting
	case w.Desired == DesiredStopped && (w.Status != StatusStopped || untidy):
		return stopping
	case w.Desired == DesiredStopped:
		return nothing
	case w.Status == StatusError && untidy:
		return tidying
	case w.Status == StatusError:
		return nothing
	}
	c, ok := current(w, found)
	switch {
	case ok && runsIn(w, c) && w.Paused != c.Paused:
		return noting
	case ok && runsIn(w, c):
		return nothing
	case ok:
		return awaiting
	case w.Status == StatusRunning && w.Epoch >= w.MinEpoch:
		return crashing
	}
	return starting
}

// current returns the container that the record means, if that is alive and alone.
func current(w Workspace, found []Container) (Container, bool) {
	if len(found) != 1 || w.Epoch < w.MinEpoch {
		return Container{}, false
	}
	c := found[0]
	return c, c.Alive && c.Epoch == w.Epoch && c.VSCodePort == w.VSCodePort && c.AgentPort == w.AgentPort
}

// runsIn says that a record knows its container as the one that runs.
func runsIn(w Workspace, c Container) bool { return w.Status == StatusRunning && w.ContainerID == c.ID }

// restful says that a record asks for no work, whatever the containers are.
func restful(w Workspace) bool {
	return w.Desired == DesiredStopped && w.Status == StatusStopped ||
		w.Desired == DesiredRunning && (w.Status == StatusRunning && w.Epoch >= w.MinEpoch || w.Status == StatusError)
}

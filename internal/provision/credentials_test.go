package provision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/provision"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

const question = "protocol=https\nhost=git.example\npath=ada/engine.git\n"

// watched is a running workspace; the host gives credentials that name what they are for.
func watched(t *testing.T) *stand {
	t.Helper()
	s := newStand(t, nil)
	s.host.credential = func(_ context.Context, userID, repository string, q bridge.CredentialRequest) (string, string, error) {
		return userID, strings.Join([]string{repository, q.Protocol, q.Host, q.Path}, " "), nil
	}
	s.become(func(w *workspace.Workspace) { w.GithubRepo = "ada/engine" })
	s.space.answering(bridge.TypeCloneRepository, clones)
	s.start()
	return s
}

const granted = "username=ann\npassword=ada/engine https git.example ada/engine.git\n"

func TestGitIsAnsweredAsLongAsTheWorkspaceRuns(t *testing.T) {
	s := watched(t)
	if status, text := s.space.ask(question); status != 200 || text != granted {
		t.Errorf("git gets %d %q", status, text)
	}
	if status, _ := s.space.post("/credential/erase", question+"username=ann\npassword=old\n"); status != 204 {
		t.Errorf("a rejection: %d", status)
	}
	if r := within(t, "the rejection arrives", s.host.rejections); r.Host != "git.example" || len(r.PasswordSHA256) != 64 {
		t.Errorf("rejected was %+v", r)
	}
	s.Announce(s.records.now())
	if n := len(s.space.of(bridge.TypeWatchCredentials)); n != 1 {
		t.Errorf("it was watched %d times", n)
	}

	// A restart of the gateway: the workspace runs on, and is watched again.
	must(t, s.Service.Close())
	if status, text := s.space.ask(question); status != 404 || !strings.Contains(text, bridge.CodeNoCredential) || s.space.connections() != 0 {
		t.Errorf("after Close git gets %d %q", status, text)
	}
	s.Announce(s.records.now())
	if s.space.connections() != 0 {
		t.Error("a closed service watches")
	}
	s.Service = provision.New(s.options)
	s.Announce(s.records.now())
	eventually(t, "git is answered again", func() bool { status, _ := s.space.ask(question); return status == 200 })

	for _, end := range []func(w workspace.Workspace){
		func(w workspace.Workspace) { w.Status = workspace.StatusStopped; s.Announce(w) },
		func(w workspace.Workspace) { w.Status = workspace.StatusError; s.Announce(w) },
		func(w workspace.Workspace) { s.AnnounceDeleted(w.ID) },
	} {
		w := s.records.now()
		end(w)
		eventually(t, "nobody watches", func() bool { return s.space.connections() == 0 })
		s.Announce(w)
		eventually(t, "git is answered again", func() bool { status, _ := s.space.ask(question); return status == 200 })
	}
}

func TestGitIsRefused(t *testing.T) {
	s := watched(t)
	s.host.credential = func(context.Context, string, string, bridge.CredentialRequest) (string, string, error) {
		return "", "", errors.New("connect GitHub in Settings")
	}
	if status, text := s.space.ask(question); status != 404 || !strings.Contains(text, "connect GitHub in Settings") {
		t.Errorf("git gets %d %q", status, text)
	}
}

// Git may also be asked for by the clone itself: the watch is there before it begins.
func TestTheCloneItselfIsAnswered(t *testing.T) {
	s := watched(t)
	s.stop()
	s.become(func(w *workspace.Workspace) { w.Clone.State = workspace.CloneNone })
	s.space.answering(bridge.TypeCloneRepository, func(context.Context, any, func(string, any)) (any, error) {
		status, text := s.space.ask(question)
		return bridge.Cloned{Folder: "engine", Warnings: []string{fmt.Sprint(status, " ", text)}}, nil
	})
	s.wantNotices(s.start(), "clone: 200 "+strings.Join(strings.Fields(granted), " "))
}

func TestAWatchSurvivesALostConnection(t *testing.T) {
	s := watched(t)
	for range 2 {
		s.space.cut()
		eventually(t, "git is answered again", func() bool {
			status, text := s.space.ask(question)
			return status == 200 && text == granted
		})
	}
	s.space.refusing(errors.New("connection refused"))
	s.space.cut()
	eventually(t, "nobody watches", func() bool { status, _ := s.space.ask(question); return status == 404 })
	s.space.refusing(nil)
	eventually(t, "git is answered again", func() bool { status, _ := s.space.ask(question); return status == 200 })
}

// Each start has a container of its own: the watch of an earlier one ends, and only that.
func TestAWatchIsOfOneStart(t *testing.T) {
	s := watched(t)
	w := s.records.now()
	w.Epoch++ // a restart that nobody announced as a stop
	s.Announce(w)
	eventually(t, "the new container is watched", func() bool { return len(s.space.of(bridge.TypeWatchCredentials)) == 2 })
	eventually(t, "the watch of the old one has ended", func() bool { return s.space.connections() == 1 })
	// The bridge has heard of the new watch, and takes it up a moment later.
	eventually(t, "git is answered", func() bool { status, _ := s.space.ask(question); return status == 200 })
	s.space.kinds()
	s.Announce(w)
	must(t, s.Service.Close())
	if got := s.space.kinds(); got != "" || s.space.connections() != 0 {
		t.Errorf("asked were %q; %d connections are open", got, s.space.connections())
	}
}

// One question that takes long delays no other, and ends with the service.
func TestQuestionsAreAnsweredSideBySide(t *testing.T) {
	s := watched(t)
	slow := make(chan struct{})
	s.host.credential = func(ctx context.Context, _, _ string, q bridge.CredentialRequest) (string, string, error) {
		if q.Path == "slow" {
			close(slow)
			<-ctx.Done()
			return "", "", ctx.Err()
		}
		return "ann", q.Path, nil
	}
	ended := make(chan int, 1)
	go func() {
		status, _, _ := s.space.tryPost("/credential/get", "protocol=https\nhost=git.example\npath=slow\n")
		ended <- status
	}()
	within(t, "the slow one is asked", slow)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			want := fmt.Sprintf("username=ann\npassword=p%d\n", i)
			if status, text := s.space.ask(fmt.Sprintf("protocol=https\nhost=git.example\npath=p%d\n", i)); status != 200 || text != want {
				t.Errorf("git gets %d %q", status, text)
			}
		})
	}
	all.Wait()
	must(t, s.Service.Close())
	s.space.halt() // whoever waited inside ends with the container
	if status := within(t, "the slow one ends", ended); status == 200 {
		t.Error("the slow one got a credential")
	}
}

// A bridge is a program in the workspace: what it sends may be anything, and as much as it likes.
func TestABridgeThatAsksWithoutEnd(t *testing.T) {
	const questions = 90
	s := newStand(t, nil)
	var now, most atomic.Int64
	var once sync.Once
	full, release := make(chan struct{}), make(chan struct{})
	s.host.credential = func(context.Context, string, string, bridge.CredentialRequest) (string, string, error) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		once.Do(func() { close(full) })
		<-release
		return "", "", errors.New("no")
	}
	sent := make(chan struct{})
	s.space.answering(bridge.TypeWatchCredentials, func(ctx context.Context, _ any, say func(string, any)) (any, error) {
		say(bridge.EventWatching, struct{}{})
		for i := range questions {
			say(bridge.EventCredential, bridge.CredentialRequest{Request: fmt.Sprint(i), Protocol: "https", Host: "git.example"})
		}
		close(sent)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	var answers atomic.Int64
	s.space.answering(bridge.TypeAnswerCredential, func(context.Context, any, func(string, any)) (any, error) {
		answers.Add(1)
		return struct{}{}, nil
	})
	s.start()
	within(t, "the first question arrives", full)
	select {
	case <-sent:
		t.Error("all questions are taken before one is answered")
	default:
	}
	close(release)
	eventually(t, "all are answered", func() bool { return answers.Load() == questions })
	if most.Load() > 32 {
		t.Errorf("%d questions were worked on at once", most.Load())
	}
}

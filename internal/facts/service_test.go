package facts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/facts"
	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// bubble runs a test in virtual time, with a service over a meter and one bridge.
func bubble(t *testing.T, do func(*testing.T, *facts.Service, *meter, *inside)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m, i := newMeter(), newInside()
		s, stop := run(facts.Options{Engine: m, Dial: i.dial})
		defer func() {
			stop()
			if i.open != 0 {
				t.Errorf("%d connections left open", i.open)
			}
		}()
		do(t, s, m, i)
	})
}

func TestSamplingLastsWhileSomebodyLooks(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, i *inside) {
		w := running("a")
		first := look(s, w)
		if diff := cmp.Diff(facts.Facts{ID: "a", CPU: []float64{}, Memory: []int64{}}, first); diff != "" {
			t.Errorf("at first:\n%s", diff)
		}
		<-time.After(12 * time.Second)
		// A count at once, which is no figure yet, one a second later, then every five.
		if got := m.counts("c-a"); !slices.Equal(got, []time.Duration{0, time.Second, 6 * time.Second, 11 * time.Second}) {
			t.Errorf("counted at %v", got)
		}
		got := look(s, w)
		if len(got.CPU) != 3 || got.CPU[0] != 0.5 || got.CPU[2] != 0.5 || got.Memory[2] != 100<<20 || got.MemoryLimit != 1<<30 || len(got.Memory) != 3 {
			t.Errorf("%+v", got)
		}
		if !got.SampledAt.Equal(m.began.Add(11 * time.Second)) {
			t.Errorf("sampled at %v", got.SampledAt.Sub(m.began))
		}
		if len(first.CPU) != 0 {
			t.Error("what was handed out has changed")
		}
		// The look at 12 s keeps it going until 42 s.
		<-time.After(10 * time.Minute)
		if got := m.counts("c-a"); got[len(got)-1] != 41*time.Second || s.Watched() != 0 {
			t.Errorf("counted at %v, %d watched", got, s.Watched())
		}
		if got := look(s, w); len(got.CPU) != 0 {
			t.Errorf("figures of long ago: %+v", got)
		}
		if n := i.times(bridge.TypeGitStatus); n != 3 { // 0, 16 and 31 s
			t.Errorf("git was asked %d times", n)
		}
	})
}

func TestFiveMinutesAreKept(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, _ *inside) {
		w := running("a")
		m.spoil = func(n int, u *facts.Usage) { u.Memory = int64(n) }
		for range 80 {
			look(s, w)
			<-time.After(5 * time.Second)
		}
		got := look(s, w)
		if len(got.CPU) != facts.Points || len(got.Memory) != facts.Points || got.Memory[facts.Points-1] != got.Memory[0]+facts.Points-1 {
			t.Errorf("%d, %v", len(got.CPU), got.Memory)
		}
		if n := int64(len(m.counts("c-a"))); got.Memory[facts.Points-1] != n {
			t.Errorf("the newest is %d of %d", got.Memory[facts.Points-1], n)
		}
	})
}

func TestOnlyWhatRunsIsSampled(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, i *inside) {
		stopped, starting := running("a"), running("b")
		stopped.Status, starting.Status = workspace.StatusStopped, workspace.StatusStarting
		got := s.Look([]workspace.Workspace{stopped, starting})
		if len(got) != 2 || got[0].ID != "a" || got[1].ID != "b" || s.Watched() != 0 {
			t.Errorf("%+v, %d watched", got, s.Watched())
		}
		<-time.After(time.Minute)
		if len(m.asked) != 0 || i.dialled != 0 {
			t.Errorf("asked: %v, dialled %d times", m.asked, i.dialled)
		}
		// In a new container the figures begin anew; stopped, they are gone at once.
		w := running("a")
		look(s, w)
		<-time.After(7 * time.Second)
		if got := look(s, w); len(got.CPU) != 2 {
			t.Errorf("%+v", got)
		}
		w.ContainerID = "next"
		if got := look(s, w); len(got.CPU) != 0 {
			t.Errorf("figures of the last container: %+v", got)
		}
		<-time.After(2 * time.Second)
		if got := look(s, w); len(got.CPU) != 1 || len(m.counts("c-a")) != 3 {
			t.Errorf("%+v, the old one was counted at %v", got, m.counts("c-a"))
		}
		if got := look(s, stopped); len(got.CPU) != 0 || s.Watched() != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestFiguresOfOddCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(n int, u *facts.Usage)
		want  int // figures from the counts at 0, 1, 6 and 11 s
		last  float64
	}{
		{"as it should be", nil, 3, 0.5},
		{"more than the limit", func(n int, u *facts.Usage) { u.CPU *= 10 }, 3, 1},
		{"the counter begins again", func(n int, u *facts.Usage) {
			if n >= 3 {
				u.CPU -= 200 * time.Second
			}
		}, 2, 0.5},
		{"the engine's clock is set back", func(n int, u *facts.Usage) {
			if n >= 3 {
				u.At = u.At.Add(-time.Hour)
			}
		}, 2, 0.5},
		{"the engine answers with the same count", func(n int, u *facts.Usage) {
			if n == 3 {
				u.At = u.At.Add(-5 * time.Second)
				u.CPU -= 5 * time.Second / 4
			}
		}, 2, 0.5},
		{"memory below nothing", func(n int, u *facts.Usage) { u.Memory = -1 }, 3, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *facts.Service, m *meter, _ *inside) {
				m.began = m.began.Add(-1000 * time.Second) // so that counts stay positive
				m.spoil = c.spoil
				w := running("a")
				look(s, w)
				<-time.After(12 * time.Second)
				got := look(s, w)
				if len(got.CPU) != c.want || len(got.Memory) != c.want {
					t.Fatalf("%+v", got)
				}
				for i, share := range got.CPU {
					if share < 0 || share > 1 || got.Memory[i] < 0 {
						t.Errorf("%v %v", got.CPU, got.Memory)
					}
				}
				if d := got.CPU[c.want-1] - c.last; d > 0.001 || d < -0.001 {
					t.Errorf("the last share is %v, want %v", got.CPU[c.want-1], c.last)
				}
			})
		})
	}
}

func TestAnEngineThatDoesNotAnswerLeavesAGap(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, _ *inside) {
		w := running("a")
		look(s, w)
		<-time.After(7 * time.Second) // two figures
		m.mu.Lock()
		m.fails = errors.New("container is gone")
		m.mu.Unlock()
		<-time.After(10 * time.Second)
		m.mu.Lock()
		m.fails = nil
		m.mu.Unlock()
		<-time.After(10 * time.Second)
		// Counted at 21 and 26 s: the first after the gap is no figure, it would speak of the gap.
		if got := look(s, w); len(got.CPU) != 3 || got.CPU[2] != 0.5 {
			t.Errorf("%v, counted at %v", got.CPU, m.counts("c-a"))
		}
	})
}

func TestManyAreAskedAFewAtATime(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, i *inside) {
		m.takes = time.Second
		i.set(bridge.TypePorts, func(ctx context.Context) (any, error) {
			<-time.After(100 * time.Millisecond)
			return bridge.PortList{}, nil
		})
		var all []workspace.Workspace
		for n := range 100 {
			all = append(all, running(fmt.Sprint("w", n)))
		}
		s.Look(all)
		<-time.After(12 * time.Second)
		for _, f := range s.Look(all) {
			if len(f.CPU) < 2 {
				t.Errorf("%s: %v", f.ID, f.CPU)
			}
		}
		if m.most < 20 || m.most > 64 || i.most < 2 || i.most > 8 {
			t.Errorf("%d counts at once, %d bridges", m.most, i.most)
		}
	})
}

// TestOneThatHangsHoldsUpNobody has bridges and containers that never answer.
func TestOneThatHangsHoldsUpNobody(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, m *meter, i *inside) {
		i.set(bridge.TypePorts, hangs)
		w := running("a")
		for range 6 {
			look(s, w)
			<-time.After(10 * time.Second)
		}
		got := look(s, w)
		if len(got.CPU) < 8 || got.CPU[3] != 0.5 {
			t.Errorf("%v", got.CPU)
		}
		// Asked for three seconds, then left alone for twenty.
		if n := i.times(bridge.TypePorts); n < 2 || n > 4 {
			t.Errorf("the bridge was asked %d times a minute", n)
		}
		i.set(bridge.TypePorts, says(bridge.PortList{Ports: []bridge.Port{{Port: 3000}}}))
		for range 6 {
			look(s, w)
			<-time.After(5 * time.Second)
		}
		if got := look(s, w); len(got.Ports) != 1 {
			t.Errorf("it answers again, and nobody asks: %+v", got)
		}
		// A git that takes too long is asked less and less; the ports come all the same.
		i.set(bridge.TypeGitStatus, hangs)
		before := i.times(bridge.TypeGitStatus)
		i.set(bridge.TypePorts, says(bridge.PortList{Ports: []bridge.Port{{Port: 3000}, {Port: 3001}, {Port: 5000}}}))
		for range 120 {
			look(s, w)
			<-time.After(5 * time.Second)
		}
		if got := look(s, w); len(got.Ports) != 2 { // 3001 is the bridge's own
			t.Errorf("%+v", got.Ports)
		}
		if n := i.times(bridge.TypeGitStatus) - before; n < 4 || n > 8 {
			t.Errorf("git was asked %d times in ten minutes", n)
		}
		m.mu.Lock()
		m.takes = time.Hour
		m.mu.Unlock()
		other := running("b")
		look(s, other)
		<-time.After(10 * time.Second)
		if got := look(s, other); len(got.CPU) != 0 || len(got.Ports) != 2 {
			t.Errorf("an engine that hangs: %+v", got)
		}
	})
}

func TestGlancesAtGit(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, _ *meter, i *inside) {
		state := bridge.GitState{Root: "engine", Branch: "main", Files: []bridge.GitFile{}}
		at := time.Unix(1e9, 0).UTC()
		commits := bridge.GitCommits{Commits: []bridge.GitCommitInfo{{Hash: "c1", Subject: "Begin", Time: at}}}
		unpushed := bridge.UnpushedWork{Repositories: []bridge.UnpushedRepository{
			{Folder: "engine/vendored", Branches: []bridge.UnpushedBranch{{Name: "main", Commits: 99}}},
			{Folder: "engine", Branches: []bridge.UnpushedBranch{{Name: "other", Commits: 5}, {Name: "main", Commits: 2}}},
		}}
		i.set(bridge.TypeGitStatus, func(context.Context) (any, error) { return state, nil })
		i.set(bridge.TypeGitLog, func(context.Context) (any, error) { return commits, nil })
		i.set(bridge.TypeUnpushed, func(context.Context) (any, error) { return unpushed, nil })
		w := running("a")
		w.Folder = "engine"
		settle := func(d time.Duration) *facts.Git {
			for end := time.Now().Add(d); time.Now().Before(end); {
				look(s, w)
				<-time.After(5 * time.Second)
			}
			return look(s, w).Git
		}
		want := func(what string, got *facts.Git, want facts.Git) {
			t.Helper()
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("%s:\n%s", what, diff)
			}
		}
		want("without a commit", settle(5*time.Second), facts.Git{Folder: "engine", Branch: "main"})
		state.Commit, state.Files = "c1", []bridge.GitFile{{Path: "a"}, {Path: "b"}, {Path: "c"}}
		first := facts.Git{Folder: "engine", Branch: "main", Commit: &facts.Commit{Hash: "c1", Subject: "Begin", Time: at}, Changed: 3, Unpushed: 2}
		want("follows nothing", settle(20*time.Second), first)
		logs, searches := i.times(bridge.TypeGitLog), i.times(bridge.TypeUnpushed)
		settle(40 * time.Second)
		if n := i.times(bridge.TypeGitLog); n != logs {
			t.Errorf("the same commit was read %d times", n)
		}
		if n := i.times(bridge.TypeUnpushed); n > searches+1 {
			t.Errorf("commits were counted %d times in 40 s though nothing changed", n-searches)
		}
		for n, hash := range []string{"c2", "c3"} { // the second soon after the first
			state.Commit, first.Commit = hash, &facts.Commit{Hash: hash, Subject: "Begin", Time: at}
			unpushed.Repositories[1].Branches[1].Commits, first.Unpushed = 3+n, 3+n
			want("another commit", settle(20*time.Second), first)
		}
		state.Upstream, state.Ahead = "origin/main", 7
		first.Unpushed = 7
		want("follows a branch", settle(20*time.Second), first)
		// What is refused, and what git takes too long for, leaves what was known.
		i.set(bridge.TypeGitStatus, refuses(bridge.CodeGitFailed))
		want("refused", settle(60*time.Second), first)
		i.set(bridge.TypeGitStatus, refuses(bridge.CodeNotRepository))
		if got := settle(120 * time.Second); got != nil {
			t.Errorf("no repository any more: %+v", got)
		}
	})
}

// TestWhatAContainerSaysIsBounded has a bridge that lies.
func TestWhatAContainerSaysIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, _ *meter, i *inside) {
		long := strings.Repeat("é", 5000) + "\xff"
		var ports []bridge.Port
		for p := range 3000 {
			ports = append(ports, bridge.Port{Port: p * 50, Process: long, Address: long})
		}
		i.set(bridge.TypePorts, says(bridge.PortList{Ports: ports}))
		i.set(bridge.TypeGitStatus, says(bridge.GitState{Root: long, Branch: long, Commit: long, Upstream: "x", Ahead: -5, Files: make([]bridge.GitFile, 100)}))
		i.set(bridge.TypeGitLog, says(bridge.GitCommits{Commits: []bridge.GitCommitInfo{{Subject: long}}}))
		w := running("a")
		look(s, w)
		<-time.After(2 * time.Second)
		got := look(s, w)
		if len(got.Ports) != facts.MaxPorts || got.Git == nil || got.Git.Commit == nil {
			t.Fatalf("%d ports, %+v", len(got.Ports), got.Git)
		}
		texts := []string{got.Git.Folder, got.Git.Branch, got.Git.Commit.Hash, got.Git.Commit.Subject}
		for _, p := range got.Ports {
			texts = append(texts, p.Process, p.Address)
			if !bridge.Forwardable(p.Port) {
				t.Errorf("port %d", p.Port)
			}
		}
		for _, text := range texts {
			if len(text) > 300 || len(text) < 298 || !utf8.ValidString(text) {
				t.Errorf("%d bytes: %q", len(text), text)
			}
		}
		if got.Git.Unpushed != 0 {
			t.Errorf("%d unpushed", got.Git.Unpushed)
		}
	})
}

func TestOneProcessWatchesSoManyAndNoMore(t *testing.T) {
	bubble(t, func(t *testing.T, s *facts.Service, _ *meter, _ *inside) {
		for n := range 100 {
			var all []workspace.Workspace
			for k := range 50 {
				all = append(all, running(fmt.Sprint("w", n, "-", k)))
			}
			if got := s.Look(all); len(got) != 50 || got[7].ID != all[7].ID {
				t.Fatalf("%d answers", len(got))
			}
		}
		if n := s.Watched(); n != 1500 {
			t.Errorf("%d watched", n)
		}
	})
}

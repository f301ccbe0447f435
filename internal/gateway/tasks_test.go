package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestTasksMayBeginWhileSomebodyWaits(t *testing.T) {
	var all tasks
	var ran atomic.Int64
	first := make(chan struct{})
	all.start(func() { <-first; ran.Add(1) })
	waited := make(chan error, 1)
	go func() { waited <- all.wait(t.Context()) }()
	eventually(t, "somebody waits", func() bool {
		all.mu.Lock()
		defer all.mu.Unlock()
		return all.idle != nil
	})
	second := make(chan struct{})
	all.start(func() { <-second; ran.Add(1) })
	close(first)
	close(second)
	if err := <-waited; err != nil || ran.Load() != 2 {
		t.Errorf("waited: %v, after %d of 2", err, ran.Load())
	}

	forever := make(chan struct{})
	all.start(func() { <-forever })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := all.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting longer than allowed: %v", err)
	}
	close(forever)
	if err := all.wait(t.Context()); err != nil {
		t.Error(err)
	}
}

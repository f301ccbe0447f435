package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

func isNotFound(err error) bool { return errdefs.IsNotFound(err) }
func isConflict(err error) bool { return errdefs.IsConflict(err) }

// translate gives the error of a call the domain's meaning where it has one. The engine's
// own words decide where it gives no code for them.
func translate(call string, err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToLower(err.Error())
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	var meaning error
	switch {
	case errors.Is(err, context.Canceled): // the caller's doing
	case client.IsErrConnectionFailed(err), errors.Is(err, context.DeadlineExceeded),
		says("connection refused", "connection reset", "broken pipe", "unexpected eof"):
		meaning = workspace.ErrRuntimeUnavailable
	case says("port is already allocated", "address already in use"):
		meaning = workspace.ErrPortTaken
	case says("no space left on device", "disk quota exceeded"):
		meaning = workspace.ErrDiskFull
	}
	if meaning == nil {
		return fmt.Errorf("docker %s: %w", call, err)
	}
	return fmt.Errorf("docker %s: %w: %w", call, meaning, err)
}

// imageError says of an error of creating a container whether its image is what is missing.
func imageError(err error, image string) error {
	if isNotFound(err) && strings.Contains(strings.ToLower(err.Error()), "no such image") {
		return fmt.Errorf("%w: %s: %w", workspace.ErrImageMissing, image, err)
	}
	return err
}

package workbench

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

const (
	// installTime is for all extensions of a request together: the largest has some hundred
	// megabytes.
	installTime = 10 * time.Minute

	// maxManifest is the most that an extension says about itself: large ones have 500 KiB.
	maxManifest = 4 << 20
)

// galleryName is the name of an extension in the gallery, perhaps with a version.
var galleryName = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9][A-Za-z0-9._-]*)(?:@([0-9A-Za-z][0-9A-Za-z.+-]*))?$`)

// extension is one that is wanted.
type extension struct {
	asked string // as in the request
	id    string // in lower case, as the editor compares
	// version is the one that has to be there; empty for any.
	version string
	// argument is what the installer is given.
	argument string
}

// InstallExtensions answers installExtensions. The events are bridge.EventOutput with a
// bridge.OutputText. Codes: CodeTooLarge, CodeDisabled.
func (w *Workbench) InstallExtensions(ctx context.Context, req bridge.InstallExtensions, emit func(event string, payload any) error) (bridge.ExtensionsInstalled, error) {
	answer := bridge.ExtensionsInstalled{Installed: []string{}, Failed: []bridge.ExtensionFailure{}}
	if len(req.Extensions) > bridge.MaxExtensions {
		return answer, bridge.Errorf(bridge.CodeTooLarge, "%d extensions are more than %d", len(req.Extensions), bridge.MaxExtensions)
	}
	select {
	case w.installing <- struct{}{}:
		defer func() { <-w.installing }()
	case <-ctx.Done():
		return answer, ctx.Err()
	}
	fail := func(asked, problem string) {
		answer.Failed = append(answer.Failed, bridge.ExtensionFailure{ID: child.Clip(asked), Problem: problem})
	}
	there := w.installed()
	var files, named []extension
	for _, asked := range req.Extensions {
		x, err := w.extension(asked)
		switch {
		case err != nil:
			fail(asked, err.Error())
		case x.in(there):
			answer.Installed = append(answer.Installed, asked)
		case strings.HasSuffix(asked, vsix):
			files = append(files, x)
		default:
			named = append(named, x)
		}
	}
	// Files by themselves: they need no gallery, which may be out of reach.
	for _, some := range [][]extension{files, named} {
		if len(some) == 0 {
			continue
		}
		problem, err := w.install(ctx, some, emit)
		if err != nil {
			return answer, err
		}
		there = w.installed()
		for _, x := range some {
			if x.in(there) {
				answer.Installed = append(answer.Installed, x.asked)
			} else {
				fail(x.asked, problem(x))
			}
		}
	}
	return answer, nil
}

// vsix ends the names of files with extensions.
const vsix = ".vsix"

// extension reads what is asked for. Its errors are for people.
func (w *Workbench) extension(asked string) (extension, error) {
	if !strings.HasSuffix(asked, vsix) {
		m := galleryName.FindStringSubmatch(asked)
		if m == nil || len(asked) > 200 {
			return extension{}, errors.New("is no name of an extension, such as golang.go, and no path that ends in .vsix")
		}
		return extension{asked: asked, id: strings.ToLower(m[1]), version: m[2], argument: asked}, nil
	}
	clean, err := files.Clean(w.o.Root.Name(), asked)
	if err != nil {
		return extension{}, errors.New(message(err))
	}
	f, info, err := child.Open(w.o.Root, clean)
	if err != nil {
		return extension{}, errors.New(message(err))
	}
	defer f.Close()
	x := extension{asked: asked}
	if x.argument, err = child.RealPath(f); err != nil {
		return extension{}, err
	}
	if x.id, x.version, err = manifest(f, info.Size()); err != nil {
		return extension{}, errors.New("is no extension: " + child.Clip(err.Error()))
	}
	return x, nil
}

func message(err error) string {
	if e, ok := errors.AsType[*bridge.Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// manifest reads who an extension in a file is.
func manifest(f io.ReaderAt, size int64) (id, version string, err error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return "", "", err
	}
	r, err := z.Open("extension/package.json")
	if err != nil {
		return "", "", err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return "", "", err
	}
	var m struct{ Publisher, Name, Version string }
	if err := json.Unmarshal(data, &m); err != nil {
		return "", "", err
	}
	if m.Publisher == "" || m.Name == "" {
		return "", "", errors.New("its package.json has no publisher or name")
	}
	return strings.ToLower(m.Publisher + "." + m.Name), m.Version, nil
}

// installed returns the versions of the extensions that are there, by their names in lower
// case.
func (w *Workbench) installed() map[string]string {
	data, err := readBounded(filepath.Join(w.o.DataDir, "extensions", "extensions.json"))
	if err != nil {
		return nil
	}
	var list []struct {
		Identifier struct {
			ID string `json:"id"`
		} `json:"identifier"`
		Version          string `json:"version"`
		RelativeLocation string `json:"relativeLocation"`
	}
	if json.Unmarshal(data, &list) != nil {
		return nil
	}
	there := make(map[string]string)
	for _, x := range list {
		if _, err := os.Stat(filepath.Join(w.o.DataDir, "extensions", filepath.Base(x.RelativeLocation))); err == nil {
			there[strings.ToLower(x.Identifier.ID)] = x.Version
		}
	}
	return there
}

func (x extension) in(there map[string]string) bool {
	version, ok := there[x.id]
	return ok && (x.version == "" || x.version == version)
}

// install runs the installer and returns what to say of those that are not there then.
func (w *Workbench) install(ctx context.Context, some []extension, emit func(event string, payload any) error) (problem func(extension) string, err error) {
	if len(w.o.CLI) == 0 || w.o.DataDir == "" {
		return nil, bridge.Errorf(bridge.CodeDisabled, "this workspace's image has no installer of extensions")
	}
	if _, err := os.Stat(w.o.CLI[0]); err != nil {
		return nil, bridge.Errorf(bridge.CodeDisabled, "this workspace's image has no installer of extensions")
	}
	args := append([]string(nil), w.o.CLI[1:]...)
	for _, x := range some {
		args = append(args, "--install-extension", x.argument)
	}
	timed, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	said := &child.Lines{Tell: func(text string) error {
		if strings.HasPrefix(strings.TrimSpace(text), "at ") {
			return nil // where in the installer's own code it broke off helps nobody
		}
		return emit(bridge.EventOutput, bridge.OutputText{Text: text})
	}}
	_, err = child.Run(timed, w.o.Run, child.Program{Name: w.o.CLI[0], Args: args, Env: w.o.Env, Output: said, Stderr: said})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		err = said.Flush()
	}
	late := errors.Is(err, context.DeadlineExceeded)
	if _, killed := errors.AsType[*child.KilledError](err); err != nil && !late && !killed {
		return nil, err
	}
	return func(x extension) string {
		if late {
			return "installing took longer than " + installTime.String()
		}
		return x.problem(said.Tail())
	}, nil
}

// unreachable is how Node says that a host does not answer.
var unreachable = regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH`)

// problem returns why an extension is not there, as far as that was said.
func (x extension) problem(said []string) string {
	why := ""
	for _, line := range said {
		if unreachable.MatchString(line) {
			return "the gallery of extensions cannot be reached (" + child.Clip(line) + ")"
		}
		if strings.HasSuffix(strings.TrimRight(line, "."), "installed") {
			continue // another version of it, perhaps; what succeeds and what fails come over two pipes, in any order
		}
		if strings.Contains(strings.ToLower(line), x.id) || strings.HasPrefix(line, "Error") && why == "" {
			why = child.Clip(line)
		}
	}
	if why == "" {
		return "the editor did not install it and did not say why"
	}
	return why
}

package bridgeserver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kalpana-dev/kalpana/bridge"
)

const (
	// pageSockets are the names of the sockets that code-server makes for each page, and for
	// each terminal in one, for the command line in terminals.
	pageSockets = "vscode-ipc-*.sock"

	// maxPages is how many of them are asked, the latest ones: those of pages that ended
	// badly stay behind, and nobody has as many open.
	maxPages = 32

	// pagePatience is how long pages may take to answer. They do in 10 ms; one whose browser
	// lost its connection never does.
	pagePatience = 2 * time.Second

	// latecomers is how long a later page is waited for when an earlier one has answered.
	latecomers = 300 * time.Millisecond

	// openPatience is how long a page that answers may take to be told of the file.
	openPatience = 800 * time.Millisecond
)

// pages are the open pages of the editor. They are asked as `code FILE` in a terminal asks
// them, but without that program: what a file is called is nobody's argument.
type pages struct {
	// folder is where their sockets are.
	folder string
}

// pagesFolder is what start-editor gives the editor as XDG_RUNTIME_DIR.
func pagesFolder() string { return "/tmp/run-" + strconv.Itoa(os.Getuid()) }

// openEditor shows a file, or the terminal, in the page that was opened last.
func (s *Server) openEditor(ctx context.Context, req bridge.OpenEditor) error {
	if req.Terminal {
		return s.showTerminal(ctx)
	}
	if req.Line < 0 || req.Column < 0 {
		return bridge.Errorf(bridge.CodeBadRequest, "line and column count from 1")
	}
	file, err := s.files.Locate(req.Path)
	if err != nil {
		return err
	}
	page, err := s.pages.last(ctx)
	if err != nil {
		return err
	}
	if page == "" {
		return bridge.Errorf(bridge.CodeNoEditor, "no page of the editor is open; open the editor and try again")
	}
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	if err := tell(ctx, page, openMessage(file, req.Line, req.Column)); err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return bridge.Errorf(bridge.CodeNoEditor, "the page of the editor went away; open the editor and try again")
	}
	return nil
}

// pageMessage is what a page is told. Its types and members are those of VS Code's
// CLIServer, which are no public interface: hence the test of the image.
type pageMessage struct {
	Type             string   `json:"type"`
	FileURIs         []string `json:"fileURIs,omitempty"`
	GotoLineMode     bool     `json:"gotoLineMode,omitempty"`
	ForceReuseWindow bool     `json:"forceReuseWindow,omitempty"`
}

// openMessage says to show a file, given by its absolute path.
func openMessage(file string, line, column int) pageMessage {
	m := pageMessage{Type: "open", ForceReuseWindow: true, GotoLineMode: !hasPosition(file)}
	if m.GotoLineMode {
		file += fmt.Sprintf(":%d:%d", max(line, 1), max(column, 1))
	}
	uri := (&url.URL{Scheme: "file", Path: file}).String()
	if !m.GotoLineMode {
		// A URI that ends in .code-workspace would replace the whole page by that workspace.
		if dot := strings.LastIndexByte(uri, '.'); dot >= 0 {
			uri = uri[:dot] + "%2E" + uri[dot+1:]
		}
	}
	m.FileURIs = []string{uri}
	return m
}

// hasPosition reports whether VS Code would take a part of a path for a line number: it
// takes the first number between colons, wherever it is, and numbers are what JavaScript
// calls so. Such a file is shown from its beginning.
func hasPosition(file string) bool {
	for _, part := range strings.Split(file, ":")[1:] {
		// The empty string and white space are numbers, too, and Infinity is one.
		if part == "" || !('a' <= part[0] && part[0] <= 'z' || 'A' <= part[0] && part[0] <= 'Z') || strings.HasPrefix(part, "Infinity") {
			return true
		}
	}
	return false
}

// last returns the socket of the page that was opened last, of those that answer; "" if
// none does.
func (p pages) last(ctx context.Context) (string, error) {
	sockets := p.sockets()
	ctx, cancel := context.WithTimeout(ctx, pagePatience)
	defer cancel()
	type result struct {
		i  int
		ok bool
	}
	results := make(chan result, len(sockets))
	for i, socket := range sockets {
		// The question goes through to the page and back, so that one whose browser is gone
		// does not answer.
		go func() { results <- result{i, tell(ctx, socket, pageMessage{Type: "status"}) == nil} }()
	}
	answered, silent := make([]bool, len(sockets)), make([]bool, len(sockets))
	latest := 0 // the first that is not silent
	var enough <-chan time.Time
	for range sockets {
		select {
		case r := <-results:
			answered[r.i], silent[r.i] = r.ok, !r.ok
			if r.ok && enough == nil {
				enough = time.After(latecomers)
			}
		case <-enough:
			return sockets[slices.Index(answered, true)], nil
		}
		for latest < len(sockets) && silent[latest] {
			latest++
		}
		if latest < len(sockets) && answered[latest] {
			return sockets[latest], nil
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return "", ctx.Err()
	}
	return "", nil
}

// sockets returns the sockets of pages, the latest first. Most may be dead.
func (p pages) sockets() []string {
	names, _ := filepath.Glob(filepath.Join(p.folder, pageSockets)) // fails for bad patterns only
	type socket struct {
		name string
		made time.Time
	}
	var found []socket
	for _, name := range names {
		if info, err := os.Lstat(name); err == nil && info.Mode().Type() == fs.ModeSocket {
			found = append(found, socket{name, info.ModTime()})
		}
	}
	slices.SortFunc(found, func(a, b socket) int { return cmp.Or(b.made.Compare(a.made), cmp.Compare(a.name, b.name)) })
	var out []string
	for _, s := range found[:min(len(found), maxPages)] {
		out = append(out, s.name)
	}
	return out
}

// tell sends a message to a page and waits for its answer.
func tell(ctx context.Context, socket string, m pageMessage) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://page/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	dialer := &net.Dialer{}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 16 << 10,
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 16<<10))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the page answers %s", resp.Status)
	}
	return nil
}

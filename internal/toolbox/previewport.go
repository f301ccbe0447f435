package toolbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/internal/permission"
)

const (
	maxPreviewWait = 60 // seconds
	// maxPage is how many bytes of a page are looked at, fetchTime how many seconds it may take.
	maxPage   = 256 << 10
	fetchTime = 20
	// maxPageText is how many characters of its text a model gets, maxPageTitle of its title.
	maxPageText  = 2000
	maxPageTitle = 200
	maxRedirects = 3
	maxURLPath   = 2000 // bytes
)

func previewPort() tool {
	return tool{
		name: "previewPort", class: permission.ClassRead, readOnly: true,
		description: "Waits until something listens on a port of the workspace, fetches a page from it, and returns its title and visible text and the address at which the user sees it.",
		aliases:     []string{"preview", "openport", "openpreview", "browserpreview", "openbrowser", "visitport"},
		fields: []field{
			{name: "port", kind: number, required: true, min: 1, max: 65535, about: "that a server of the workspace listens on", aliases: []string{"portnumber"}},
			{name: "path", kind: text, fallback: "/", most: maxURLPath, about: "path and query of the page", aliases: []string{"urlpath", "route", "url"}},
			{name: "waitSeconds", kind: number, min: 0, max: maxPreviewWait, bounds: true, fallback: 20, about: "how long to wait for the port", aliases: []string{"wait", "timeout", "timeoutseconds"}},
		},
		adapt: adaptPreview,
		fresh: func() arguments { return &previewPortArgs{} },
	}
}

// adaptPreview takes port and path out of a whole address of this machine.
func adaptPreview(in raw) {
	m, ok := in["url"]
	if !ok {
		return
	}
	address, _ := readString(m.value)
	u, err := url.Parse(address)
	if err != nil || !slices.Contains([]string{"localhost", "127.0.0.1", "0.0.0.0", "::1"}, u.Hostname()) || u.Port() == "" {
		return
	}
	in.drop("url")
	if !in.has("port", "portnumber") {
		in["port"] = member{m.name, encode(u.Port())}
	}
	if !in.has("path") {
		in["path"] = member{m.name, encode(u.RequestURI())}
	}
}

type previewPortArgs struct {
	Port        int    `json:"port"`
	Path        string `json:"path"`
	WaitSeconds int    `json:"waitSeconds"`
}

func (a *previewPortArgs) check() *Error {
	if !strings.HasPrefix(a.Path, "/") {
		a.Path = "/" + a.Path
	}
	a.Path, _, _ = strings.Cut(a.Path, "#")
	switch {
	case strings.ContainsFunc(a.Path, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		return expected("path", "a path of an address, without blanks", encode(a.Path))
	case !bridge.Forwardable(a.Port):
		return errorf(CodeBadArguments, "port: expected one from %d that the platform does not use itself, got %d.", bridge.MinPort, a.Port)
	}
	return nil
}

func (a *previewPortArgs) describe(*Session, *permission.Call) string {
	if a.Path == "/" {
		return fmt.Sprintf("Preview port %d", a.Port)
	}
	return fmt.Sprintf("Preview port %d at %s", a.Port, a.Path)
}

func (a *previewPortArgs) run(ctx context.Context, c *Call, _ func(string)) Result {
	s := c.session
	if slices.Contains(s.place.Ports, a.Port) {
		return failed(errorf(CodeBadArguments, "port: %d is the platform's own.", a.Port))
	}
	if problem := s.awaitPort(ctx, a.Port, time.Duration(a.WaitSeconds)*time.Second); problem != nil {
		return failed(problem)
	}
	at := a.Path
	var got page
	for range maxRedirects + 1 {
		var problem *Error
		if got, problem = s.fetch(ctx, a.Port, at); problem != nil {
			return failed(problem)
		}
		next, ours := got.onSamePort(a.Port)
		if !ours {
			break
		}
		at = next
	}
	title, body := got.read()
	address := ""
	if s.portURL != nil {
		address = s.portURL(a.Port, at)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Port %d answers %s with status %d", a.Port, at, got.status)
	if address != "" {
		b.WriteString("; the user sees it at " + address)
	}
	b.WriteString(".\n")
	if got.redirect != "" {
		fmt.Fprintf(&b, "It leads to %s, which was not followed.\n", clip(got.redirect, 300))
	}
	if title != "" {
		b.WriteString("Title: " + title + "\n")
	}
	switch {
	case body != "":
		b.WriteString(body + "\n")
	case got.isHTML():
		b.WriteString("(without scripts the page shows no text)\n")
	}
	return Result{Text: b.String(), Foreign: true, output: map[string]any{"port": a.Port, "url": address, "status": got.status, "title": title, "text": body}}
}

// awaitPort waits until something listens on port.
func (s *Session) awaitPort(ctx context.Context, port int, wait time.Duration) *Error {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	tick := time.NewTicker(s.pace.poll)
	defer tick.Stop()
	for over := false; ; {
		var list bridge.PortList
		if problem := s.call(ctx, "list ports", bridge.TypePorts, nil, &list); problem != nil {
			return problem
		}
		var open []string
		for _, p := range list.Ports {
			if p.Port == port {
				return nil
			}
			open = append(open, strconv.Itoa(p.Port))
		}
		if over {
			known := "Nothing listens on any other."
			if len(open) > 0 {
				known = "Something listens on " + strings.Join(open[:min(len(open), 20)], ", ") + "."
			}
			return errorf(CodePortClosed, "nothing listens on port %d after %v. %s", port, wait, known)
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			over = true // one more look
		case <-ctx.Done():
			return fromBridge("wait for a port", ctx.Err())
		}
	}
}

// page is what a server in the workspace answered.
type page struct {
	body      string
	status    int
	mediaType string
	redirect  string // where it leads, made absolute
}

// fetch asks a server for a page, from inside the workspace: the platform's own side never
// connects to what a workspace listens on for this.
func (s *Session) fetch(ctx context.Context, port int, path string) (page, *Error) {
	const mark = "kalpana-page"
	// curl tells of the answer on standard error, so that no page can pretend to be that.
	body, told, problem := s.capture(ctx, fmt.Sprintf(
		`curl --disable --silent --globoff --noproxy '*' --max-time %d --header 'Accept: text/html,*/*;q=0.8' --write-out '%%{stderr}%s %%{http_code} %%{redirect_url} %%{content_type}\n' --url %s | head -c %d`,
		fetchTime, mark, quote(fmt.Sprintf("http://localhost:%d%s", port, path)), maxPage))
	if problem != nil {
		return page{}, problem
	}
	got := page{body: body}
	for line := range strings.Lines(told) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(words) == 4 && words[0] == mark {
			got.status, _ = strconv.Atoi(words[1]) // 0, as curl has it, if it is no number
			got.redirect, got.mediaType = words[2], words[3]
		}
	}
	switch {
	case got.status != 0:
		return got, nil
	case strings.Contains(told, "not found"):
		return got, errorf("NO_CURL", "the workspace has no curl to look at the page with; use a command of your own.")
	}
	return got, errorf("NO_ANSWER", "something listens on the port, but it did not answer like a web server within %d s.", fetchTime)
}

// capture runs a command of ours and returns the beginning of what it wrote to its two streams.
func (s *Session) capture(ctx context.Context, command string) (stdout, stderr string, problem *Error) {
	const maxTold = 16 << 10
	timed, cancel := context.WithTimeout(ctx, (fetchTime+10)*time.Second)
	defer cancel()
	var body, told []byte
	req := bridge.RunCommand{Command: command, TimeoutSeconds: fetchTime + 5, Description: "preview of a port"}
	err := s.bridge.Stream(timed, bridge.TypeRunCommand, req, nil, func(e bridge.Event) error {
		var out bridge.Output
		if e.Event != bridge.EventOutput || json.Unmarshal(e.Payload, &out) != nil {
			return nil
		}
		data := []byte(out.Data)
		if out.Encoding == bridge.EncodingBase64 {
			var err error
			if data, err = base64.StdEncoding.DecodeString(out.Data); err != nil {
				return fmt.Errorf("read a page: %w", err)
			}
		}
		if out.Stream == "stderr" {
			told = append(told, data[:min(len(data), maxTold-len(told))]...)
		} else {
			body = append(body, data[:min(len(data), maxPage-len(body))]...)
		}
		return nil
	})
	return valid(body), valid(told), fromBridge("fetch the page", err)
}

// onSamePort returns the path that a redirect leads to if it stays on the same server.
func (p page) onSamePort(port int) (string, bool) {
	u, err := url.Parse(p.redirect)
	if p.redirect == "" || err != nil || u.Scheme != "http" || u.Port() != strconv.Itoa(port) ||
		!slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
		return "", false
	}
	next := u.RequestURI()
	return next, strings.HasPrefix(next, "/") && len(next) <= maxURLPath && !strings.ContainsFunc(next, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	})
}

func (p page) isHTML() bool { return strings.Contains(p.mediaType, "html") }

// read returns the title and the beginning of the visible text.
func (p page) read() (title, body string) {
	body = p.body
	if p.isHTML() {
		title, body = visibleText(p.body)
	} else if strings.ContainsRune(body, 0) || strings.ContainsRune(body, '\uFFFD') {
		return "", "(no text: " + clip(p.mediaType, 100) + ")"
	}
	title, _ = characters(title, maxPageTitle)
	if cut, more := characters(body, maxPageText); more {
		body = cut + "…"
	}
	return title, strings.TrimRight(body, "\n")
}

package gateway

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// rawCase is what somebody sends over one connection, followed by a good request, and what
// may come of it.
type rawCase struct {
	Name string `json:"name"`
	// Send has {base} for the lines Host, Cookie and Origin of a good request, {host} and
	// {cookie}, and {long:n:text} for a text n times.
	Send string `json:"send"`
	// Reaches are the requests that reach the workspace: method, target and body.
	Reaches []string `json:"reaches"`
	// Answers are the states of all answers on the connection until it ends.
	Answers []int `json:"answers"`
	// Hangs: the request has no end until its connection is shut.
	Hangs bool `json:"hangs"`
}

func smugglingCases(t testing.TB) []rawCase {
	t.Helper()
	b, err := os.ReadFile("testdata/smuggling.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []rawCase
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

var longText = regexp.MustCompile(`\{long:(\d+):([^}]*)\}`)

// bytes are what goes over the wire for the case.
func (c rawCase) bytes(host, cookie, origin string) string {
	base := "Host: " + host + "\r\nCookie: " + cookie + "\r\nOrigin: " + origin + "\r\n"
	next := "GET /next HTTP/1.1\r\n" + base + "Connection: close\r\n\r\n"
	if c.Hangs {
		next = ""
	}
	raw := longText.ReplaceAllStringFunc(c.Send, func(m string) string {
		parts := longText.FindStringSubmatch(m)
		n, _ := strconv.Atoi(parts[1])
		return strings.Repeat(parts[2], n)
	})
	return strings.NewReplacer("{base}", base, "{host}", host, "{cookie}", cookie).Replace(raw) + next
}

// Whatever somebody sends, the workspace gets exactly the requests that a strict reader
// finds in it, and the connection either ends or goes on in step.
func TestNoRequestIsSmuggled(t *testing.T) { withBothClients(t, testNoRequestIsSmuggled) }

func testNoRequestIsSmuggled(t *testing.T, client func(*Options)) {
	r := newRig(t, client, nil)
	s := newStrictServer(t)
	r.announceAt(s.port)
	host := r.gw.hosts.EditorName(testID) + strings.TrimPrefix(r.plain.URL, "http://127.0.0.1")
	key := r.gw.options.Box.WorkspaceKey(testID, 1)
	for _, c := range smugglingCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			states, bodies := r.talk(t, c, host)
			if !c.Hangs && !slices.Equal(states, c.Answers) {
				t.Errorf("answers %v, want %v; %q", states, c.Answers, bodies)
			}
			requests, wrong := s.take()
			for _, w := range wrong {
				if w != errCut.Error() {
					t.Errorf("what reached the workspace is no request: %s", w)
				}
			}
			var reached []string
			for _, q := range requests {
				reached = append(reached, q.String())
				if got := q.values(keyHeader); !slices.Equal(got, []string{key}) {
					t.Errorf("%s came with the keys %q", q, got)
				}
				if got := q.values("Host"); !slices.Equal(got, []string{host}) {
					t.Errorf("%s came for the hosts %q", q, got)
				}
			}
			if !slices.Equal(reached, c.Reaches) {
				t.Errorf("the workspace got %q, want %q", reached, c.Reaches)
			}
			// Each answer 200 is the one to its own request.
			var answered []string
			for i, state := range states {
				if state == http.StatusOK {
					answered = append(answered, bodies[i])
				}
			}
			for i, body := range answered {
				if i < len(reached) && body != reached[i] && body != "" {
					t.Errorf("%q was answered with %q", reached[i], body)
				}
			}
		})
	}
}

// announceAt says that the workspace runs with both its sides at a port.
func (r *rig) announceAt(port int) {
	r.version++
	r.gw.Announce(workspace.Workspace{ID: testID, OwnerID: owner, Status: workspace.StatusRunning, Version: r.version, Epoch: 1, VSCodePort: port, AgentPort: port})
}

// talk sends a case over a connection of its own and reads all answers until it ends.
func (r *rig) talk(t *testing.T, c rawCase, host string) (states []int, bodies []string) {
	t.Helper()
	conn, err := net.Dial("tcp", r.plain.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(waitAtMost))
	raw := c.bytes(host, r.cookie(testID, owner), "http://"+host)
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Logf("cut off while sending: %v", err) // the server may have had enough
	}
	if c.Hangs {
		conn.(*net.TCPConn).CloseWrite()
	}
	asked := &http.Request{Method: strings.SplitN(strings.TrimLeft(c.Send, "\r\n"), " ", 2)[0]}
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, asked)
		if err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
				t.Fatalf("the connection neither ends nor says anything, after the answers %v", states)
			}
			return states, bodies
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("answer %d broke off: %v", resp.StatusCode, err)
		}
		if resp.StatusCode >= 200 { // the server says "100 Continue" by itself
			states, bodies = append(states, resp.StatusCode), append(bodies, string(body))
			asked = &http.Request{Method: http.MethodGet}
		}
	}
}

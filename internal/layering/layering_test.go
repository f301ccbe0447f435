// Package layering keeps the rules of who may import whom, and the few rules of the
// house that a compiler does not know.
package layering

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/kalpana-dev/kalpana/"

type pkg struct {
	ImportPath, Dir, Doc  string
	Imports, TestGoFiles  []string
	GoFiles, XTestGoFiles []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Imports,GoFiles,TestGoFiles,XTestGoFiles", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
	if len(all) < 15 {
		t.Fatalf("only %d packages found", len(all))
	}
	return all
}

func under(path string, roots ...string) bool {
	for _, r := range roots {
		if path == r || strings.HasPrefix(path, r+"/") {
			return true
		}
	}
	return false
}

// only says which of our packages may import an outside library, and why not others.
var only = []struct {
	library string
	allowed []string
	why     string
}{
	{"github.com/caddyserver/caddy", []string{"caddymodule", "cmd/kalpana"}, "Caddy costs minutes to compile and hundreds of packages; everything else stays testable in seconds"},
	{"github.com/caddyserver/xcaddy", []string{"cmd/kalpana-build"}, "only the builder for operators builds Caddy"},
	{"github.com/moby", []string{"internal/docker"}, "the engine is an adapter: the domain names no Docker"},
	{"go.mongodb.org/mongo-driver", []string{"internal/mongostore"}, "records are plain Go; the driver's errors end at the edge"},
	{"github.com/FerretDB", []string{"internal/embeddeddb"}, "what speaks MongoDB's protocol is replaceable"},
	{"github.com/markbates/goth", []string{"internal/identity"}, "logging in is one package's business"},
	{"github.com/gorilla/sessions", []string{"internal/identity"}, "sessions are one package's business"},
	{"github.com/danielgtaylor/huma", []string{"internal/api"}, "the API framework is the API's"},
	{"github.com/modelcontextprotocol", []string{"bridge/tools"}, "MCP is one way in of several; the work is done by packages that know none of them"},
	{"github.com/openai", []string{"internal/openrouter"}, "models are reached through one adapter; the agent names no provider"},
	{"mvdan.cc/sh", []string{"internal/permission"}, "reading shell text is what permissions are about, and nobody else's guess"},
	{"github.com/prometheus", []string{"internal/metrics", "caddymodule"}, "all collectors are in one place"},
}

// domain packages know no transport and no library of the outside.
var domain = []string{
	"internal/workspace", "internal/portlease", "internal/user", "internal/config", "internal/secretbox",
	"internal/agent", "internal/permission", "internal/uistream", "internal/toolbox", "internal/redact", "internal/inspect", "internal/spend", "internal/chat",
	"internal/template", "internal/variable", "internal/repoevent", "internal/provision", "internal/nixcheck", "internal/audit", "internal/facts",
}

var transports = []string{"net/http", "github.com/coder/websocket"}

// layers from the bottom up: a package imports only packages of its own or a lower layer.
var layers = [][]string{
	{"bridge", "internal/user", "internal/secretbox", "internal/metrics", "internal/ratelimit", "internal/gcpace", "internal/gateway/ticket", "ui"},
	{"internal/config"},
	{"internal/portlease", "internal/permission", "internal/agent", "internal/uistream", "internal/redact", "internal/inspect", "internal/nixcheck", "internal/template", "internal/variable", "internal/repoevent", "internal/audit"},
	{"internal/toolbox", "internal/spend"},
	{"internal/workspace", "internal/chat"},
	{"internal/provision", "internal/facts"},
	{"bridge/child", "bridge/files", "bridge/ports", "bridge/proof", "bridge/supervisor", "internal/http1"},
	{"bridge/git", "bridge/process", "bridge/search", "bridge/environment", "bridge/workbench"},
	{"bridge/tools"},
	{"bridge/bridgeclient", "bridge/bridgeserver", "internal/docker", "internal/embeddeddb", "internal/github", "internal/hostnet", "internal/openrouter"},
	{"internal/gateway", "internal/identity", "internal/gitaccess"},
	{"internal/mongostore"}, // keeps what those declare
	{"internal/api", "internal/cli"},
	{"internal/platform"},
	{"caddymodule"},
	{"cmd"},
}

func layerOf(path string) int {
	best, length := -1, -1
	for i, roots := range layers {
		for _, r := range roots {
			if under(path, r) && len(r) > length {
				best, length = i, len(r)
			}
		}
	}
	return best
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		if isTestSupport(p.ImportPath) {
			continue
		}
		for _, imp := range p.Imports {
			for _, rule := range only {
				if under(imp, rule.library) || strings.HasPrefix(imp, rule.library) {
					if !under(p.ImportPath, rule.allowed...) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imp, rule.why)
					}
				}
			}
			if under(p.ImportPath, domain...) {
				for _, lib := range transports {
					if under(imp, lib) {
						t.Errorf("%s imports %s: the domain knows no transport", p.ImportPath, imp)
					}
				}
			}
			ours, isOurs := strings.CutPrefix(imp, module)
			if !isOurs {
				continue
			}
			from, to := layerOf(p.ImportPath), layerOf(ours)
			switch {
			case to < 0 && !isTestSupport(ours):
				t.Errorf("%s has no layer: add it to layers", ours)
			case isTestSupport(ours) && !(p.ImportPath == "internal/cli" && ours == "internal/llmtest"): // kalpana dev fake-llm
				t.Errorf("%s imports %s, which is for tests", p.ImportPath, ours)
			case to > from:
				t.Errorf("%s imports %s: that is a higher layer", p.ImportPath, ours)
			case under(p.ImportPath, "bridge") && under(ours, "internal"):
				t.Errorf("%s imports %s: the bridge runs in the container and knows nothing of the gateway", p.ImportPath, ours)
			}
		}
	}
}

// isTestSupport are packages that only tests import.
func isTestSupport(path string) bool {
	return strings.HasSuffix(path, "test") || under(path, "internal/layering", "internal/e2e", "bench")
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

var (
	sleeps = regexp.MustCompile(`\btime\.Sleep\(`)
	skips  = regexp.MustCompile(`\bt\.Skip(f|Now)?\(`)
	inits  = regexp.MustCompile(`(?m)^func init\(\)`)
	vague  = regexp.MustCompile(`(^|/)(util|utils|common|helpers|base|types|models|manager|misc)$`)
)

func TestHouseRules(t *testing.T) {
	for _, p := range packages(t) {
		if vague.MatchString(p.ImportPath) {
			t.Errorf("package %s: name it by what it provides", p.ImportPath)
		}
		for _, f := range append(append([]string(nil), p.TestGoFiles...), p.XTestGoFiles...) {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if p.ImportPath == "internal/layering" {
				continue
			}
			if sleeps.Match(src) {
				t.Errorf("%s/%s sleeps: wait for a condition with a deadline", p.ImportPath, f)
			}
			if skips.Match(src) {
				t.Errorf("%s/%s skips: a test that did not run has proved nothing", p.ImportPath, f)
			}
		}
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if p.ImportPath != "caddymodule" && inits.Match(src) {
				t.Errorf("%s/%s has an init function: start-up is in internal/platform", p.ImportPath, f)
			}
		}
	}
}

// docs/security.md promises a test for each defence.
func TestEveryDefenceThatIsPromisedHasItsTest(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, folder := range []string{"bridge", "caddymodule", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				there[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(doc, -1)
	if len(named) < 50 {
		t.Errorf("docs/security.md names %d tests", len(named))
	}
	for _, m := range named {
		if !there[string(m[1])] {
			t.Errorf("docs/security.md names %s, which is no test", m[1])
		}
	}
}

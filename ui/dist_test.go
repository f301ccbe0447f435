package ui

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The budgets of the first visit: JavaScript, styles and page, compressed, and of dist.
const (
	maxFirstLoad  = 200 << 10
	maxLazyChunk  = 90 << 10
	maxDistBytes  = 2500 << 10
	maxDistFiles  = 100 // a dozen of them at the first visit
	stampedFiles  = ".npmrc index.html package-lock.json package.json tsconfig.json vite.config.ts"
	stampedTrees  = "build public src"
	rebuildAdvice = "run `npm ci && npm run build` in ui and commit dist with its sources"
)

// TestDistIsBuiltFromTheseSources repeats the hash that build/stamp.ts writes.
func TestDistIsBuiltFromTheseSources(t *testing.T) {
	t.Parallel()
	stamp, err := dist.ReadFile("dist/build.json")
	if err != nil {
		t.Fatal(err)
	}
	var built struct{ Sources string }
	if err := json.Unmarshal(stamp, &built); err != nil {
		t.Fatal(err)
	}
	if now := hashSources(t); built.Sources != now {
		t.Errorf("dist was built from sources %.12s, these are %.12s: %s", built.Sources, now, rebuildAdvice)
	}
}

func hashSources(t *testing.T) string {
	t.Helper()
	paths := strings.Fields(stampedFiles)
	for _, tree := range strings.Fields(stampedTrees) {
		err := fs.WalkDir(os.DirFS("."), tree, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && !isTest(name) {
				paths = append(paths, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(paths)
	all := sha256.New()
	for _, name := range paths {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(all, "%x  %s\n", sha256.Sum256(content), name)
	}
	return hex.EncodeToString(all.Sum(nil))
}

func isTest(name string) bool {
	return strings.HasPrefix(name, "src/test/") || strings.HasSuffix(name, ".test.ts") || strings.HasSuffix(name, ".test.tsx")
}

func TestDistHoldsHashedNamesAndNoSourceMaps(t *testing.T) {
	t.Parallel()
	hashed := regexp.MustCompile(`^assets/[\w.-]+-[\w-]{8}\.(js|css|svg|woff2)$`)
	bytes := 0
	for name, a := range assets() {
		bytes += len(a.content)
		if a.immutable && !hashed.MatchString(name) {
			t.Errorf("%s has no hash in its name and would be kept for a year", name)
		}
		if path.Ext(name) == ".map" || strings.Contains(string(a.content), "sourceMappingURL=") {
			t.Errorf("%s has a source map", name)
		}
	}
	if n := len(assets()); n > maxDistFiles || bytes > maxDistBytes {
		t.Errorf("dist holds %d files of %d bytes, allowed are %d and %d", n, bytes, maxDistFiles, maxDistBytes)
	}
}

func TestFirstVisitIsSmall(t *testing.T) {
	t.Parallel()
	page := string(assets()["index.html"].content)
	total := wireSize(assets()["index.html"])
	initial := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:src|href)="/(assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		initial[m[1]] = true
		total += wireSize(assets()[m[1]])
	}
	t.Logf("first visit: %.1f kB in %d files", float64(total)/1000, len(initial)+1)
	if len(initial) < 3 || total > maxFirstLoad {
		t.Errorf("first visit takes %d bytes, allowed are %d", total, maxFirstLoad)
	}
	for name, a := range assets() {
		if !initial[name] && wireSize(a) > maxLazyChunk {
			t.Errorf("%s takes %d bytes, allowed are %d", name, wireSize(a), maxLazyChunk)
		}
	}
}

func wireSize(a asset) int {
	return cmp.Or(len(a.gzipped), len(a.content))
}
